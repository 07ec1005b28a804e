#!/usr/bin/env bash
# Plants faults of one line each, one after the other, and tells which test of ctest catches each.
#   tests/mutants.sh [WORD...]    all faults, or those whose name or file holds one of the words
# A test that catches one must pass without it. The faults go into copies of the sources under
# build/mutants, built without the library's own instances so that a test meets the altered header. Of a test
# whose cases a fault names, those alone are compiled.
# Status 1 when a fault survives or does not compile. OCTOPOLE_JOBS: how many at a time (default:
# the number of cores). Begun again, it goes on with what was not caught yet, as long as the sources are the same.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repository/cmake/toolchain/setup.sh"

names=() files=() tests=() olds=() news=()
fault() {  # fault NAME FILE TEST OLD NEW: TEST is "executable" or "executable:how its cases begin", a regular expression
  names+=("$1") files+=("$2") tests+=("$3") olds+=("$4") news+=("$5")
}

lists=tree/Octopole_InteractionLists.hpp
evaluate=core/plan/impl/Octopole_Evaluate.hpp
fault "boxes whose edges touch are not adjacent" tree/Octopole_Morton.hpp morton \
  'return (u << sa) <= ((v + 1) << sb)' 'return (u << sa) < ((v + 1) << sb)'
fault "transfer vectors point the other way" tree/Octopole_Morton.hpp morton \
  'hash(int(s.x - t.x), ' 'hash(int(t.x - s.x), '
fault "the sort leaves out the highest digit" tree/Octopole_Sort.hpp sort \
  'shift < bits; shift += 8' 'shift + 8 < bits; shift += 8'
fault "the last bits of a box's centre are dropped" tree/Octopole_Domain.hpp domain \
  'left + fine' 'left + 0 * fine'
fault "a point below a face counts to the box above" tree/Octopole_Domain.hpp domain \
  'nearest) + error' 'nearest) + 0 * error'
fault "words of codes are sorted by their last alone" tree/Octopole_DeeperCodes.hpp octree \
  'key(i) = std::uint64_t(run(at(i)))' 'key(i) = 0 * std::uint64_t(run(at(i)))'
fault "only the ends of a run are compared for being one place" tree/Octopole_DeeperCodes.hpp octree \
  'sum += before + after >= capacity' 'sum += before == 0 && after >= capacity'
fault "points at one place are split for ever" tree/Octopole_DeeperCodes.hpp octree \
  'if (at_one_place(points, input(i), input(i + 1))) return;' 'if (!at_one_place(points, input(i), input(i + 1))) return;'
fault "searches among all points stay in the first word" tree/Octopole_SortedPoints.hpp octree \
  'w <= Morton::word_of(level); ++w' 'w <= 0 * Morton::word_of(level); ++w'
fault "the sample for the leaf size has one word" tree/Octopole_LeafSize.hpp "leaf_size:A far" \
  'Impl::DensityProfile::thin, finest);' 'Impl::DensityProfile::thin, 19);'
fault "the rounding error of a box's centre is dropped" tree/Octopole_Domain.hpp domain \
  '((x - high[d]) - low[d])' '((x - high[d]) - 0 * low[d])'
fault "a leaf takes one point more" tree/Octopole_Octree.hpp octree \
  'tree.n_sources(box) > capacity' 'tree.n_sources(box) > capacity + 1'
fault "balance forgets the neighbours along z" tree/Octopole_Balance.hpp octree \
  'moved(p.z, c & 4, 4)' '(p.z >> 1)'
fault "balance ends at the faces of a cell" tree/Octopole_Balance.hpp "octree:balance goes" \
  '(beyond && (periodic & axis) == 0)' 'beyond'
fault "a box in V is met in one image alone" operators/m2l/Octopole_M2LBlas.hpp "accuracy_periodic:M2L" \
  '? image + 1 : 0;' '? image : 0;'
fault "images count whose parents are far" tree/Octopole_Morton.hpp "morton:images" \
  'parents >= -1 && parents <= 1;' 'parents >= -1;'
fault "moments are seen from the box itself, not its image" operators/m2l/Octopole_M2LBlas.hpp "accuracy_periodic:M2L" \
  'Kokkos::Array<T, 3> d = apart;' 'Kokkos::Array<T, 3> d = offset<T>(tree, source, target);'
fault "distant images of forces have no moment" operators/periodic/Octopole_RootImages.hpp "accuracy_periodic:Forces" \
  'if (!x.first_moment) return;' 'return;'
fault "the moments of distant images turn the wrong way" core/precompute/Octopole_PeriodicImages.cpp "accuracy_periodic:Forces" \
  'negative ? -value(turned)' 'negative ? value(turned)'
fault "distances to distant images are not biharmonic" core/precompute/Octopole_PeriodicImages.cpp "accuracy_periodic:Forces" \
  '+ 4 * pi / (15 * volume) * square' '+ 0 * square'
fault "the flow's background has no third moments" operators/periodic/Octopole_PeriodicField.hpp "accuracy_periodic:Forces" \
  'trace * x[a] + moments[12 + a];' 'trace * x[a];'
fault "dipoles beside charges have no unit of length" core/kernels/Octopole_ChargeDipole.hpp "accuracy_outputs:Laplace" \
  'return {dipole_length / h}' 'return {dipole_length}'
fault "the background forgets dipoles beside charges" operators/periodic/Octopole_PeriodicField.hpp "accuracy_periodic:Charges and" \
  'dipole ? field.dipole_length * dipole[d] : 0' 'dipole && !charges ? dipole[d] : 0'
fault "softened charges are points where they meet" core/kernels/Octopole_SoftenedLaplace.hpp "softened_laplace" \
  'softening > 0 && any_below' 'softening < 0 && any_below'
fault "softening reaches across leaves" core/kernels/Octopole_SoftenedLaplace.hpp "accuracy_outputs:Laplace" \
  '{ return softening; }' '{ return 0 * softening; }'
fault "the virial keeps the potential" core/Octopole_CoulombVirial.hpp "coulomb_virial" \
  'a == b ? potential : T(0)' 'a != b ? potential : T(0)'
fault "V misses one octant" $lists lists \
  'separated(box, n, octant)) visit(c)' 'separated(box, n, octant) && octant != 5) visit(c)'
fault "images of boxes stay where they are" tree/Octopole_Morton.hpp accuracy_periodic:Sums \
  'offset > half ? -1 : offset < -half ? 1 : 0' 'offset > half ? 0 : offset < -half ? 1 : 0'
fault "boxes touch no images" tree/Octopole_Morton.hpp "morton:boxes touch" \
  '(u0 + period <= v1 ||' '(u0 + 2 * period < v1 ||'
fault "the root has images along all axes" $lists accuracy_periodic:Cells \
  'parent < 0 && is_image(n, tree.periodic)' 'parent < 0 && (n == 13 || tree.periodic != 0)'
fault "leaves may be as large as half a cell" tree/Octopole_Octree.hpp accuracy_periodic:Eight \
  'coarsest_periodic_leaf = 2' 'coarsest_periodic_leaf = 1'
fault "distant images are not harmonic" core/precompute/Octopole_PeriodicImages.cpp accuracy_periodic:Sums \
  '4 * pi * square / (6 * volume)' '0 * square'
fault "gathered cells keep a charge" core/precompute/Octopole_PeriodicImages.cpp accuracy_periodic:Cells \
  'remove_means(up, points);' ''
fault "screened images end at the nearest" core/precompute/Octopole_PeriodicImages.cpp accuracy_periodic:Screened \
  'for_cells(m_axes, reach, 1,' 'for_cells(m_axes, 1, 1,'
fault "the background has no second moment" operators/periodic/Octopole_PeriodicField.hpp accuracy_periodic:Sums \
  'sum[4] += ' 'sum[4] += 0 * '
fault "the background does not turn" operators/periodic/Octopole_PeriodicField.hpp accuracy_periodic:Vortices \
  'slope(b, c) - slope(c, b)' 'slope(b, c) - 0 * slope(c, b)'
fault "a vacuum is a conductor" operators/periodic/Octopole_PeriodicField.hpp "accuracy_periodic:A cell in" \
  'field.vacuum ? 0 :' 'field.vacuum ? per_volume * moments[1 + d] :'
fault "charges in a wire may have a sum" operators/periodic/Octopole_PeriodicField.hpp "accuracy_periodic:Along one" \
  '<= 1e-6 * moments[1]' '<= moments[1]'
fault "points at targets are near their own side of a cell alone" tree/Octopole_Octree.hpp accuracy_periodic:Targets \
  'if (periodic & 1u) at.x' 'if (periodic & 0u) at.x'
fault "points are folded to the wrong side" core/plan/impl/Octopole_FoldedPoints.hpp accuracy_periodic:Points \
  'left < 0 ? left + cell : left' 'left < 0 ? -left : left'
fault "W holds leaves only" $lists lists \
  'if (source(far) && !exchanged_w(far)) visit(far)' 'if (source(far) && tree.is_leaf(far) && !exchanged_w(far)) visit(far)'
fault "X is built for leaves only" $lists lists \
  '!target(box) || exchanged_x(box)) return' '!target(box) || !tree.is_leaf(box) || exchanged_x(box)) return'
fault "a leaf in W with exactly few points is covered twice" $lists lists \
  'if (source(far) && !exchanged_w(far)) visit(far)' 'if (source(far) && (!exchanged_w(far) || tree.n_sources(far) == few)) visit(far)'
fault "nothing is ever far enough away to end at a terminal" tree/Octopole_Terminals.hpp lists:what.is.far \
  'candidates == 0' 'candidates >= 0'
fault "terminals end what came in one level further up" tree/Octopole_Terminals.hpp lists:what.is.far \
  'if (some && !ends) comes_in(child) = true' 'if (some && ends) comes_in(child) = true'
fault "what is lonely is passed on" $lists lists:a.box.into \
  'tree.n_sources(other) <= part * near; };' 'tree.n_sources(other) < 0 * near; };'
fault "what comes from a lonely charge is carried down to any leaf" core/plan/impl/Octopole_Choices.cpp "accuracy_relations:A charge that outweighs" \
  'derivatives >= 2 ? 3e-3 : 0' 'derivatives >= 2 ? 0 : 0'
fault "P2P in float adds to what was there" operators/pairs/Octopole_NearInFloat.hpp operators \
  'targets.results(row, slot + i) = 0;' 'targets.results(row, slot + i) += 0;'
fault "L2P: terminals are seen from the leaf" operators/Octopole_L2P.hpp operators:local.expansions \
  'const BoxFrame frame = exact_frame(tree, box);' 'const BoxFrame frame = exact_frame(tree, leaf);'
fault "L2L: terminals pass their expansions on" tree/Octopole_WorkLists.hpp operators:local.expansions \
  'w.terminals.bytes() == 0' 'w.terminals.bytes() >= 0'
fault "leaves of few points keep the order" core/plan/impl/Octopole_Choices.cpp accuracy_cells:lattices \
  'std::min(first + more,' 'std::min(first + 0 * more,'
fault "a root is as exact as its inverse" core/simd/Octopole_SimdMath.hpp simd_math \
  'R == Root::exact && !std::is_arithmetic_v<V> && sizeof(T) == 8' 'R == Root::exact && sizeof(T) == 16'
fault "phases keep any number of digits" core/plan/impl/Octopole_RootCube.hpp accuracy_cells:phases \
  'choices.by_order || error <=' 'choices.by_order || 0 * error <='
fault "few leaves keep the order" core/kernels/Octopole_Accuracy.hpp accuracy_cells:inputs \
  'if (leaves > 100' 'if (leaves > 0'
fault "pairs of few sources are in float" core/kernels/Octopole_Accuracy.hpp accuracy_cells:inputs \
  'return n_sources < 4000' 'return n_sources < 1'
fault "blas drops as much where little averages out" core/plan/impl/Octopole_Choices.cpp accuracy_cells:inputs \
  'options.m2l == M2L::blas) spec' 'options.m2l == M2L::fft) spec'
fault "where some targets are far the order stays" tree/Octopole_Octree.hpp accuracy_cells:inputs \
  'return 10 * near < 9 *' 'return 10 * near < 0 *'
fault "the probe passes over corners that few sources leave" core/precompute/Octopole_Probe.hpp probe:corners \
  '1e-4 * kernel.decay' '0.01 * kernel.decay'
fault "the rounding of few floats averages out" core/kernels/Octopole_Accuracy.hpp accuracy_cells:what.few \
  'return n_sources < 2000' 'return n_sources < 1'
fault "dipoles in float are as good as the probe" core/plan/impl/Octopole_OperatorSets.hpp accuracy_cells:what.few \
  '(few ? 0.3 : 1)' '4'
fault "neighbours that have decayed are left out" core/plan/impl/Octopole_MakeParts.hpp accuracy_cells:what.cannot \
  'return left < std::exp(-4.0) ? left : 1;' 'return 1;'
fault "what is no number passes the probe" core/precompute/Octopole_Probe.hpp accuracy_cells:what.cannot \
  'norm[term] > 0 || !std::isfinite(difference[term])' 'norm[term] > 0'
fault "the judge of images forgets the background" perf/judge/Octopole_EwaldSum.hpp ewald_sum \
  ': -1 / (4 * m_a * m_a * volume)' ': 0 / volume'
fault "gradient: one sign" core/kernels/Octopole_Laplace.hpp simd \
  'out[2] = out[2] - f * dy' 'out[2] = out[2] + f * dy'
fault "zero distance is not masked" core/simd/Octopole_Simd.hpp simd \
  'return !Masked || r2 > T(0) ? root : T(0)' 'return root'
fault "the cut-off of the inverses is ignored" core/precompute/Octopole_LinearAlgebra.cpp linear_algebra \
  'rank_above(d, cutoff)' 'rank_above(d, 0 * cutoff)'
fault "sources are compressed with the targets' basis" core/precompute/Octopole_LinearAlgebra.cpp linear_algebra \
  'out.source_basis = leading_vectors(source, k)' 'out.source_basis = leading_vectors(target, k)'
fault "check potentials are scaled to the wrong level" operators/Octopole_Expansions.hpp operators:laplace.*double \
  'degree < 0 ? 0.5 : 2.0' 'degree < 0 ? 2.0 : 0.5'
fault "M2M: two octants are swapped" core/precompute/Octopole_Precompute.hpp operators:laplace.*double \
  '{0.5 * sign(o, 0), 0.5 * sign(o, 1),' '{0.5 * sign(o, 1), 0.5 * sign(o, 0),'
fault "M2M: children overwrite each other" operators/Octopole_M2M.hpp operators:laplace.*double \
  '&x.up_check(0, parent[j]); }, true)' '&x.up_check(0, parent[j]); }, false)'
fault "L2L: every child takes the first octant's matrix" operators/Octopole_L2L.hpp "operators:laplace every.*double" \
  'column_major(matrix, octant * D, D, 0, E)' 'column_major(matrix, 0 * D, D, 0, E)'
fault "M2L: the last pairs of a level are left out" operators/m2l/Octopole_M2LBlas.hpp "operators:laplace every.*double" \
  'pairs.begin[l][TransferVector::count] = host((l + 1) * slots)' 'pairs.begin[l][TransferVector::count] = pairs.begin[l][TransferVector::count - 1]'
fault "M2L: compressed sums are not cleared" operators/m2l/Octopole_M2LBlas.hpp "determinism:Bitwise equal over.*double" \
  'Impl::fill(zero, exec, out, T(0));' 'Impl::fill(zero, exec, Kokkos::subview(out, Kokkos::ALL, std::make_pair(0, 1)), T(0));'
fault "M2L by transforms: only the first slab is kept" operators/m2l/Octopole_FrequencyTransforms.hpp "operators:laplace M2L by transforms - orders 2 to 13 - double" \
  'if (s.first_unit == 0) {' 'if (s.first_unit >= 0) {'
fault "M2L by transforms: half of the frequencies count once" core/precompute/Octopole_PrecomputeFrequencies.hpp "operators:laplace M2L by transforms - orders 2 to 13 - double" \
  'unit.ky == 0 ? 1 : 2' 'unit.ky == 0 ? 1 : 1'
fault "M2L by transforms: the opposite pencil is the same" operators/m2l/Octopole_FrequencyTransforms.hpp "operators:laplace M2L by transforms - orders 2 to 13 - double" \
  'a.minus(opposite + 16 * x);
      b.plus' 'a.plus(opposite + 16 * x);
      b.plus'
fault "M2L by transforms: a block's neighbours are numbered as the level's" operators/m2l/Octopole_ParentBlocks.hpp "parent_blocks:Blocks hold" \
  'neighbour(d, i) = local(neighbour(d, i))' 'neighbour(d, i) = neighbour(d, i)'
fault "M2L by transforms: boxes without sources are not left out" operators/m2l/Octopole_FrequencyTransforms.hpp "operators:laplace M2L by transforms - orders 2 to 13 - double" \
  'child >= 0 && s.tree.n_sources(child) > 0' 'child >= 0'
fault "products: what remains of the packs is left out" operators/dense/Octopole_ColumnProduct.hpp column_product \
  'threes + (rest + 1) / 2' 'threes + rest / 2'
fault "near field in float: the low parts of the sources are dropped" operators/pairs/Octopole_MixedBlock.hpp "near_field:pairs across" \
  '(low[n][d] - V(s.low[d][j]))' 'low[n][d]'
fault "near field in float: what is left of a leaf's sources after whole chunks is lost" operators/Octopole_P2P.hpp "near_field:pairs across" \
  'first < end; first += chunk' 'first + chunk < end || first == begin; first += chunk'
fault "roots: the last step's factor is forgotten" core/kernels/Octopole_Laplace.hpp "operators:laplace every.*double" \
  'constexpr double s = 1 / inverse_sqrt_scale<R>' 'constexpr double s = 1'
fault "L2L is left out on one level" $evaluate "accuracy_end_to_end:3 digits" \
  'if (l > top)' 'if (l > top + 1)'
fault "P2L is left out" $evaluate "accuracy_end_to_end:Small leaves.*double" \
  'kernel.p2l(' 'if (false) kernel.p2l('
fault "M2P is left out" $evaluate "accuracy_end_to_end:Small leaves.*double" \
  'kernel.m2p(' 'if (false) kernel.m2p('
fault "operators of the old root's size are kept" core/plan/impl/Octopole_OperatorSets.hpp accuracy_kernels:yukawa.*moved \
  'm_root_side == root_side)' 'm_root_side > 0)'
fault "lists are kept whatever the boxes" core/plan/impl/Octopole_MakeParts.hpp "points:Time steps. every.*double" \
  'same_lists(exec, before->tree, parts.tree, few)' '(parts.tree.n_boxes == before->tree.n_boxes)'
fault "lists are kept when a leaf holds more than few" tree/Octopole_InteractionLists.hpp "points:Time steps. few" \
  'n == 0 ? 0 : n <= few ? 1 : 2' 'n == 0 ? 0 : 1'
fault "what agrees in its highest bits is left unsorted" tree/Octopole_Sort.hpp sort \
  '          merge_sort(keys' '          if (false) merge_sort(keys'
fault "the cache's checksum is ignored" core/precompute/Octopole_OperatorCache.cpp cache \
  '(group, "checksum") != checksum(key, found))
      throw std::runtime_error("the checksum of " + group + " does not fit");
    set = found;' '(group, "checksum") == 0)
      throw std::runtime_error("the checksum of " + group + " does not fit");
    set = found;'
fault "the checksum of an order that a probe found is ignored" core/precompute/Octopole_OperatorCache.cpp cache \
  '(group, "checksum") != checksum(key, found))
      throw std::runtime_error("the checksum of " + group + " does not fit");
    return found;' '(group, "checksum") == 0)
      throw std::runtime_error("the checksum of " + group + " does not fit");
    return found;'
fault "a file may claim more than it holds" core/precompute/Octopole_Hdf5File.cpp hdf5_file \
  'expect_at_most(most, std::max(' 'expect_at_most(1e300 + most, std::max('
fault "an edited functor has the same key" core/precompute/Octopole_OperatorCache.hpp "cache:cache. an edited" \
  'value_hash(kernel)' 'value_hash(kernel) * 0'
fault "a label is not ours" operators/edges/Octopole_Packing.hpp "tools:Every label.*double" \
  '"Octopole::pack_charges"' '"pack_charges"'
fault "a label takes memory in execute" core/base/Octopole_Launch.hpp "tools:The second execute takes.*double" \
  'profileLibraryLoaded() ? label : none' 'profileLibraryLoaded() ? label : label'

fault "a launch is not counted" core/base/Octopole_Launch.hpp "tools:The launches" \
  '++Impl::launches();' ''
fault "M2L forgets that a neighbour sees moments from elsewhere" operators/m2l/Octopole_FrequencySlab.hpp \
  "accuracy_cells:inputs" 'x_sides = direction % 3 - 1' 'x_sides = 0 * direction'
fault "moments keep their parent's centre on the way down" operators/dense/Octopole_CheckToEquivalent.hpp \
  "accuracy_cells:inputs" 'x.first_moment);' 'false);'
fault "the unit of charges is one" operators/Octopole_PointValues.hpp "accuracy_cells:inputs" \
  'if (!(largest > 0 &&' 'if (true || !(largest > 0 &&'
fault "pairs in float keep the root's unit of length" tree/Octopole_PackedPoints.hpp "accuracy_cells:inputs" \
  'split.set(d, slot, per_length * r[d])' 'split.set(d, slot, r[d])'
fault "targets far from all sources are split" tree/Octopole_Octree.hpp octree \
  'split = near.sources(box, key, level);' 'split = true;'
fault "sources far from all targets are split" tree/Octopole_Octree.hpp octree \
  '(same_points || near.targets(box, key, level))' 'true'
fault "orders stay where no source is near" core/plan/impl/Octopole_Choices.cpp "accuracy_cells:inputs" \
  'if (near.may_be_far(n_targets, depth)) return' 'if (false) return'
fault "operators of another order are kept" core/plan/impl/Octopole_MakeParts.hpp "accuracy_cells:targets" \
  'return before.choices.spec.order == choices.spec.order &&
         before.choices.spec.m2l_rank == choices.spec.m2l_rank &&
         before.choices.far_targets == choices.far_targets &&' 'return'
fault "the pool never finds a block" core/base/Octopole_Pool.hpp "tools:Arrays of a new" \
  'if (block.free() && block.size() >= n' 'if (false && block.size() >= n'
fault "the pool never gives anything back" core/base/Octopole_Pool.hpp "tools:Memory that later" \
  'block.age++ >= age' 'false'
fault "the pool lends what is in use" core/base/Octopole_Pool.hpp "plan:update_points gives.*double" \
  'return view.use_count() == 1;' 'return true;'
fault "for GPUs: sources of other leaves stay where they are" operators/pairs/Octopole_StagedP2P.hpp "device_shape:Kernels cut for GPUs. a near field" \
  'begin + i) + per_length * shift[d]' 'begin + i)'
fault "for GPUs: a target's own leaf is left out in float" operators/pairs/Octopole_StagedP2P.hpp "device_shape:Kernels cut for GPUs. a near field" \
  '{end, 0}, true);' '{end, 0}, false);'
fault "pairs too close for a float stay in it" operators/pairs/Octopole_NearInFloat.hpp "near_field:pairs across" \
  'return least * least;' 'return 0 * least;'
fault "points that a float cannot tell apart are one" operators/pairs/Octopole_MixedBlock.hpp "plan:The direct sum" \
  'if (any_below(itself[n], -1.5f)) return false;' ''
fault "a box sees points of a large leaf rounded" tree/Octopole_PackedPoints.hpp "plan:Targets other" \
  'return T(box.relative(exact(d, slot), d));' 'return T(box.relative(double(float(exact(d, slot))), d));'
fault "of a crowded place the last charge counts" operators/edges/Octopole_Packing.hpp "plan:Crowded.*double" \
  'sum += double(charges(shared' 'sum = double(charges(shared'
fault "only one target of a crowded place gets its result" operators/edges/Octopole_Packing.hpp "plan:Crowded.*double" \
  '  if (shared.points.n_places > 0)
    launch(of_shared' '  if (false)
    launch(of_shared'
fault "the judge passes over targets that share a slot" operators/edges/Octopole_SampledError.hpp "plan:Crowded.*double" \
  'samples.find(shared' 'if (i < 0) samples.find(shared'
fault "places are merged with their neighbours along the curve" tree/Octopole_SortedPoints.hpp coincident_points \
  'points(a, 2) == points(b, 2);' 'points(a, 2) <= points(b, 2) + 1;'
fault "a crowd of sources that no level splits is summed in silence" core/plan/impl/Octopole_MakeParts.hpp "plan:Sources that no" \
  'if (pairs <= std::max(1e10,' 'if (pairs <= std::max(1e19,'
fault "a cube is kept however small its points become" core/plan/impl/Octopole_RootCube.hpp "plan:Sources that no" \
  'contains(*old, b) && !far_smaller(b, *old)' 'contains(*old, b)'
fault "boxes of a level are counted from the root on" core/plan/impl/Octopole_MakeParts.hpp "plan:Facts" \
  'tree.level_begin[level + 1] - tree.level_begin[level]' 'tree.level_begin[level + 1]'
fault "crowded targets count once where near and far are told apart" core/plan/impl/Octopole_MakeParts.hpp "plan:Crowded.*double" \
  'targets.size(), tree.depth, cube.apart)' 'points.n_targets(), tree.depth, cube.apart)'
fault "charges of a crowded place leave a float's range" operators/edges/Octopole_SharedSlots.hpp "near_field:a crowd" \
  'double(std::bit_ceil(unsigned(most)))' '1'
fault "the unit of length leaves a double's range before the charges'" operators/Octopole_PointValues.hpp "accuracy_cells:inputs" \
  'return {prefactor * std::pow(mantissa, degree), exponent * degree};' 'return {prefactor * std::pow(length, degree), 0};'
fault "for GPUs: a leaf that a tile cuts loses its rest" operators/pairs/Octopole_StagedP2P.hpp "device_shape:Kernels cut for GPUs. complex" \
  'if (at == n) ++e, at = 0;' '++e, at = 0;'
fault "for GPUs: every piece of a leaf starts at its first target" tree/Octopole_NearWork.hpp "device_shape:Kernels cut for GPUs. a near field" \
  'all_first(at) = t;' 'all_first(at) = 0;'
fault "for GPUs: the smallest pieces of the near field come first" tree/Octopole_NearWork.hpp "device_shape:Kernels cut for GPUs. a near field" \
  '- 1 - Kokkos::min(sources' '- 1 + 0 * Kokkos::min(sources'
fault "for GPUs: i times i is one" operators/m2l/Octopole_StagedProduct.hpp "device_shape:Kernels cut for GPUs. transforms" \
  're[To] -= v * x[8 + from];' 're[To] += v * x[8 + from];'
fault "for GPUs: a pair of children is left out" operators/m2l/Octopole_StagedProduct.hpp "device_shape:Kernels cut for GPUs. transforms" \
  'make_integer_sequence<int, 27>' 'make_integer_sequence<int, 26>'
fault "columns of right-hand sides are mixed up" operators/dense/Octopole_ParentColumns.hpp "right_hand_sides:Right-hand sides of a scalar.*double" \
  'm_columns + p.column % m_columns' 'm_columns'
fault "for GPUs: the last parents of a level are left out" operators/m2l/Octopole_StagedProduct.hpp "device_shape:Kernels cut for GPUs. all lists" \
  '(s.n_targets + team_size - 1) / team_size' 's.n_targets / team_size'
fault "for GPUs: all children write to the first one's frequencies" operators/m2l/Octopole_FrequencyTransforms.hpp "device_shape:Kernels cut for GPUs. transforms" \
  's.source_at(frequency + k, c, slot) + lane' 's.source_at(frequency + k, c, slot)'

# Of plans on ranks: what tests without mpirun find, and then what those under it do (tests/ranks.sh). An executable's name
# that begins with ranks is one of these; they are built with MPI.
fault "ranks: cuts that are moved to units go one unit too far" core/ranks/Octopole_Partition.hpp essential_tree \
  'return u.first < code; });
    splitters' 'return u.first <= code; });
    splitters'
fault "ranks: the curve is cut inside a unit" core/ranks/Octopole_Partition.hpp essential_tree \
  'units[at].first : codes_end' 'units[at].first + 1 : codes_end'
fault "ranks: a box is told to the neighbours of its own only" core/ranks/Octopole_OwnBoxes.hpp essential_tree \
  'const BoxPlace parent = BoxPlace{box.place, l}.parent();' 'const BoxPlace parent = BoxPlace{box.place, l};'
fault "ranks: ghosts whose children are not here are leaves" core/ranks/Octopole_EssentialTree.hpp essential_tree \
  'const bool leaf = box.number < 0;' 'const bool leaf = here == 0;'
fault "ranks: shared boxes are numbered one too high" core/ranks/Octopole_OwnBoxes.hpp essential_tree \
  'count[owner][box.level] - 1' 'count[owner][box.level]'

fault "ranks: points that moved keep the splitters' old ranks" core/plan/impl/Octopole_MakePartsOnRanks.hpp ranks_in_use \
  'sort_codes(exec, memory.sources);' 'if (!before) sort_codes(exec, memory.sources);'
fault "ranks: check compares with the caller's first target" core/plan/impl/Octopole_CheckOnRanks.hpp ranks_in_use \
  'output.data += chosen.first_target * output.point;' 'output.data += 0 * output.point;'
fault "ranks: check adds over ghosts too" core/plan/impl/Octopole_CheckOnRanks.hpp ranks_in_use \
  'sources.points.used = traffic.own_slots;' 'sources.points.used += 0;'
fault "ranks: destinations are one rank too high" core/ranks/Octopole_ItemExchange.hpp ranks_in_use \
  'first + m_sent.counts[r], r, to)' 'first + m_sent.counts[r], r + 1, to)'
fault "ranks: charges of ghosts are those of the execute before" core/plan/impl/Octopole_RankTraffic.hpp ranks_in_use \
  'own_slots, parts.sources.points.slots)' 'own_slots, own_slots)'
fault "ranks: a rank that gives up sends nothing, and does not say so" core/plan/impl/Octopole_RankTraffic.hpp ranks_failures \
  'finish_round(messages);
      throw;' 'finish_round(messages);'
fault "ranks: an update that was refused is taken" core/plan/impl/Octopole_EngineDefinition.hpp ranks_failures \
  'm_parts->kernel ? m_parts.get() : nullptr,' 'm_parts->kernel ? (m_parts->facts.n_sources = 0, m_parts.get()) : nullptr,'
fault "ranks: balance tells no other rank" core/ranks/Octopole_BalanceOnRanks.hpp ranks \
  'to[r].push_back(parent.place);' 'if (r == ranks.rank()) to[r].push_back(parent.place);'
fault "ranks: what goes to all is taken by none" core/ranks/Octopole_ToAll.hpp ranks \
  'received.push_back(b >= 0 && is_read[b] ? b : -1);' 'received.push_back(-1);'
fault "the last rows of a product overlap wrongly" operators/dense/Octopole_Gemm.hpp column_product \
  'int(c.extent(0)) - lanes' 'int(c.extent(0)) - lanes - 1'

chosen=()
for i in "${!names[@]}"; do
  wanted=$([ $# -gt 0 ] && echo no || echo yes)
  for word in "$@"; do case "${names[i]} ${files[i]}" in *"$word"*) wanted=yes ;; esac; done
  [ $wanted = no ] || chosen+=("$i")
done
[ ${#chosen[@]} -gt 0 ] || octopole_die "no fault has '$*' in its name or file"

ctest_of() {  # the regular expression that ctest takes for EXECUTABLE[:CASES]
  case $1 in *:*) echo "^${1%%:*}\\.${1#*:}" ;; *) echo "^$1\\." ;; esac
}

octopole_setup yes >&2
work=$repository/build/mutants
mkdir -p "$work/results"
# What a fault's result depends on: the sources but for tests of other names, and the fault itself.
sources_of_tests=$(cd "$repository" && find tests -name 'test_*' -o -name mutants.sh)
state=$(cd "$repository" && find core tree operators perf/judge tests cmake CMakeLists.txt -type f |
  grep -vxF "$sources_of_tests" | sort | xargs sha256sum | sha256sum)
for i in "${chosen[@]}"; do
  paths[i]=$(cd "$repository" && find tests -name "test_${tests[i]%%:*}.cpp")
  key=$(printf '%s\0' "$state" "$(sha256sum <"$repository/${paths[i]}")" "${files[i]}" "${tests[i]}" "${olds[i]}" "${news[i]}" |
    sha256sum | cut -c 1-20)
  results[i]=$work/results/$key
done

make_folder() {  # make_folder FOLDER MPI: a copy of the sources, and a build of it without the library's own instances
  mkdir -p "$1/source"
  (cd "$repository" && cp -rp core tree operators tests perf docs cmake CMakeLists.txt LICENSE "$1/source")
  cmake -G Ninja -S "$1/source" -B "$1/build" -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" \
    -D OCTOPOLE_BACKEND=OPENMP -D OCTOPOLE_INSTANCES=OFF -D OCTOPOLE_ENABLE_PERF=OFF -D OCTOPOLE_ENABLE_EXAMPLES=OFF -D OCTOPOLE_ENABLE_MPI="$2" \
    -D OCTOPOLE_TEST_ARGUMENTS=--abort >"$1/configure.log" 2>&1 || { echo "mutants: $1/configure.log" >&2; return 1; }
}

keep_cases() {  # keep_cases SOURCE CASES: cuts the other cases of a test's source out
  CASES=$2 perl -0777 -i -pe '
    s!^(TEMPLATE_)?TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"([^{]*?)\) \{\n.*?^\}\n!
      my ($all, $template, $name, $rest) = ($&, $1, $2, $3);
      if ($template && $rest =~ /^(\s*,\s*"[^"]*")\s*,\s*(.*)$/s) {
        my ($tags, $types) = ($1, $2);
        my @kept = grep { "$name - $_" =~ /^$ENV{CASES}/ } split /\s*,\s*/, $types;
        my $whole = "$tags, " . join(", ", @kept);
        @kept ? $all =~ s/\Q$rest\E/$whole/r : "";
      } else {
        $name =~ /^$ENV{CASES}/ ? $all : "";
      }
    !gmse' "$1"
}

worker() {  # worker NUMBER OF MPI FAULT...: every OF-th of the faults, from the NUMBER-th on
  local number=$1 of=$2 folder=$work/$1-mpi-$3 n i
  local source=$folder/source
  [ "$number" = 0 ] || make_folder "$folder" "$3"
  shift 3
  # What is compiled of a fault nobody asks for again; what is not touched by it lies in the compiler's cache.
  export CCACHE_READONLY=1
  for ((n = number + 1; n <= $#; n += of)); do
    i=${!n}
    local log=$work/$i.log result rc=0 test=${paths[i]}
    case ${tests[i]} in
      *:*)
        keep_cases "$source/$test" "${tests[i]#*:}"
        # What is left may do without AnyPlan, which is long to compile.
        ! grep -q AnyPlan "$repository/$test" || cmake "$folder/build" >"$log" 2>&1
        ;;
    esac
    if ! OLD=${olds[i]} NEW=${news[i]} perl -0777 -i -pe \
      '$n += s/\Q$ENV{OLD}\E/$ENV{NEW}/g; END { exit($n == 1 ? 0 : 1) }' "$source/${files[i]}"; then
      result="NOT PLANTED (the line is not there once)"
    elif ! cmake --build "$folder/build" --target "test_${tests[i]%%:*}" -j 1 >"$log" 2>&1; then
      result="NOT COMPILED ($log)"
    else
      timeout 1800 ctest --test-dir "$folder/build" -R "$(ctest_of "${tests[i]}")" --stop-on-failure --no-tests=error \
        >"$log" 2>&1 || rc=$?
      case $rc in
        0) result="SURVIVED" ;;
        124) result="NOT ENDED ($log)" ;;
        *)
          result=$(sed -nE 's/^[[:space:]]*[0-9]+ - (.*) \([A-Za-z ]+\)$/\1/p' "$log" | head -n 1)
          [ -n "$result" ] || result="NOT RUN ($log)"
          ;;
      esac
    fi
    cp "$repository/${files[i]}" "$source/${files[i]}"
    cp "$repository/$test" "$source/$test"
    printf '%s\n' "$result" >"${results[i]}"
    echo "mutants: ${names[i]}: $result" >&2
  done
}

jobs=${OCTOPOLE_JOBS:-$(nproc)}
caught() { grep -qsv -e ^SURVIVED -e ^NOT "${results[$1]}"; }
for mpi in no yes; do
  left=() unsure=() targets=()
  for i in "${chosen[@]}"; do
    case ${tests[i]} in ranks*) needs=yes ;; *) needs=no ;; esac
    if [ $needs != $mpi ] || { caught "$i" && [ -e "${results[i]}.right" ]; }; then continue; fi
    unsure+=("$i")
    caught "$i" || left+=("$i")
    targets+=("test_${tests[i]%%:*}")
  done
  [ ${#unsure[@]} -gt 0 ] || continue
  [ $mpi = no ] || octopole_setup yes yes >&2
  echo "mutants: ${#left[@]} faults; first a build without one" >&2
  rm -rf "$work"/[0-9]*-mpi-$mpi
  folder=$work/0-mpi-$mpi
  make_folder "$folder" $mpi
  build=(cmake --build "$folder/build" --target "${targets[@]}" -j "$jobs")
  "${build[@]}" >"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log" >&2; octopole_die "the tests do not compile"; }
  for ((w = 0; w < jobs; ++w)); do worker $w "$jobs" $mpi "${left[@]}" & done
  wait
  # A case that caught a fault has to pass without it.
  mapfile -t cases < <(for i in "${unsure[@]}"; do ! caught "$i" || cat "${results[i]}"; done | sort -u)
  [ ${#cases[@]} -gt 0 ] || continue
  echo "mutants: ${#cases[@]} cases that caught faults, without them" >&2
  "${build[@]}" >"$work/build.log" 2>&1
  regex=$(printf '%s\n' "${cases[@]}" | sed 's/[][\\.*^$+?(){}|]/\\&/g' | paste -sd '|')
  ctest --test-dir "$folder/build" -R "^($regex)\$" --no-tests=error >"$work/tests.log" 2>&1 || true
  for i in "${unsure[@]}"; do
    caught "$i" || continue
    case=$(cat "${results[i]}")
    if grep -F "$case ." "$work/tests.log" | grep -q ' Passed '; then
      touch "${results[i]}.right"
    else
      echo "NOT RIGHT without a fault either: $case" | tee "${results[i]}" >&2
    fi
  done
done
status=0 caught=0
printf '\n| fault | in | caught by |\n|---|---|---|\n'
for i in "${chosen[@]}"; do
  result=$(cat "${results[i]}" 2>/dev/null || echo "NOT RUN")
  case $result in SURVIVED | NOT\ *) status=1 ;; *) caught=$((caught + 1)) ;; esac
  printf '| %s | %s | %s |\n' "${names[i]}" "${files[i]}" "$result"
done
printf '\n%d of %d faults caught\n' $caught ${#chosen[@]}
exit $status
