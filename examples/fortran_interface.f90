! SPDX-License-Identifier: BSD-3-Clause
! From Fortran, by octopole.h and iso_c_binding: the potential and the gradient of random charges, held against the
! plain sum. A Fortran array x(3, n) is what octopole.h calls an array of extents n, 3.
module octopole
  use, intrinsic :: iso_c_binding
  implicit none

  integer(c_int), parameter :: octopole_float = 0, octopole_double = 1

  type, bind(c) :: octopole_array
    type(c_ptr) :: data
    integer(c_int) :: type, rank
    integer(c_size_t) :: extents(4) = 0, strides(4) = 0
  end type

  type, bind(c) :: octopole_options
    integer(c_int) :: digits, order, right_hand_sides
    type(c_ptr) :: outputs, method, cache
  end type

  interface
    integer(c_int) function octopole_initialize(threads) bind(c)
      import :: c_int
      integer(c_int), value :: threads
    end function
    subroutine octopole_finalize() bind(c)
    end subroutine
    type(c_ptr) function octopole_error() bind(c)
      import :: c_ptr
    end function
    type(octopole_options) function octopole_default_options() bind(c)
      import :: octopole_options
    end function
    integer(c_int) function octopole_plan_create(plan, kernel, parameters, n_parameters, precision, &
                                                 sources, targets, options) bind(c)
      import :: c_int, c_ptr, c_char, octopole_array, octopole_options
      type(c_ptr), intent(out) :: plan
      character(kind=c_char), intent(in) :: kernel(*)
      type(c_ptr), value :: parameters, targets
      integer(c_int), value :: n_parameters, precision
      type(octopole_array), intent(in) :: sources
      type(octopole_options), intent(in) :: options
    end function
    integer(c_int) function octopole_plan_execute(plan, charges, n_outputs, names, results) bind(c)
      import :: c_int, c_ptr, octopole_array
      type(c_ptr), value :: plan
      type(octopole_array), intent(in) :: charges, results(*)
      integer(c_int), value :: n_outputs
      type(c_ptr), intent(in) :: names(*)
    end function
    subroutine octopole_plan_destroy(plan) bind(c)
      import :: c_ptr
      type(c_ptr), value :: plan
    end subroutine
  end interface

contains

  ! The sentence about the last failure.
  function error_text() result(text)
    character(:), allocatable :: text
    character(kind=c_char), pointer :: letters(:)
    type(c_ptr) :: at
    integer :: length
    at = octopole_error()
    call c_f_pointer(at, letters, [4096])
    length = 0
    do while (letters(length + 1) /= c_null_char .and. length < 4095)
      length = length + 1
    end do
    allocate (character(length) :: text)
    text = transfer(letters(1:length), text)
  end function

end module

program fortran_interface
  use octopole
  implicit none
  integer, parameter :: n = 20000, checked = 50
  real(c_double), allocatable, target :: x(:, :), q(:), u(:), g(:, :)
  character(kind=c_char, len=20), target :: listed, potential, gradient
  type(octopole_array) :: points, charges, results(2)
  type(octopole_options) :: options
  type(c_ptr) :: plan, names(2)
  real(c_double) :: r(3), r2, value, sum(4), wrong(2), scale(2), worst
  integer :: i, j

  allocate (x(3, n), q(n), u(n), g(3, n))
  call random_number(x)
  call random_number(q)
  q = q - 0.5d0

  points = octopole_array(c_loc(x), octopole_double, 2)
  points%extents(1:2) = [n, 3]
  charges = octopole_array(c_loc(q), octopole_double, 1)
  charges%extents(1) = n
  results(1) = octopole_array(c_loc(u), octopole_double, 1)
  results(1)%extents(1) = n
  results(2) = octopole_array(c_loc(g), octopole_double, 2)
  results(2)%extents(1:2) = [n, 3]
  listed = "potential,gradient"//c_null_char
  potential = "potential"//c_null_char
  gradient = "gradient"//c_null_char
  names = [c_loc(potential), c_loc(gradient)]

  if (octopole_initialize(0_c_int) /= 0) stop 2
  options = octopole_default_options()
  options%outputs = c_loc(listed)
  if (octopole_plan_create(plan, "laplace"//c_null_char, c_null_ptr, 0_c_int, octopole_double, points, &
                           c_null_ptr, options) /= 0) then
    print *, error_text()
    stop 2
  end if
  if (octopole_plan_execute(plan, charges, 2_c_int, names, results) /= 0) then
    print *, error_text()
    stop 2
  end if

  wrong = 0
  scale = 0
  do i = 1, checked
    sum = 0
    do j = 1, n
      r = x(:, i) - x(:, j)
      r2 = dot_product(r, r)
      if (r2 == 0) cycle
      value = q(j) / (4 * acos(-1.0d0) * sqrt(r2))
      sum(4) = sum(4) + value
      sum(1:3) = sum(1:3) - value * r / r2
    end do
    scale = max(scale, [abs(sum(4)), maxval(abs(sum(1:3)))])
    wrong = max(wrong, [abs(u(i) - sum(4)), maxval(abs(g(:, i) - sum(1:3)))])
  end do
  worst = maxval(wrong / scale)
  print '(a, es8.1)', "largest error", worst

  ! What is refused is said in a sentence.
  charges%extents(1) = n - 1
  i = octopole_plan_execute(plan, charges, 2_c_int, names, results)
  print '(2a)', "refused: ", error_text()
  call octopole_plan_destroy(plan)
  call octopole_finalize()
  if (.not. worst < 1d-5 .or. i /= 1) stop 1
end program
