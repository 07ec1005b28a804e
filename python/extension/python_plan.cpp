// SPDX-License-Identifier: BSD-3-Clause
#include <core/plan/Octopole_OptionNames.hpp>
#include <python_plan.hpp>
#include <sstream>

namespace Octopole::Python {
namespace {

AnyOutputs any_outputs(const Plan::Results& results) {
  AnyOutputs outputs;
  for (const auto& [name, array] : results) outputs[output_named(name)] = any_array(array);
  return outputs;
}

}  // namespace

AnyPlan& Plan::Living::plan() {
  if (!m_plan)
    throw std::invalid_argument(
        "octopole: found a plan that has ended with Kokkos, when the interpreter ends");
  return *m_plan;
}

Plan::Plan(const std::string& kernel, const std::vector<double>& parameters, bool single,
           const ReadArray& sources, const std::optional<ReadArray>& targets,
           const Options& options)
    : m_kernel(&kernel_info(kernel)), m_single(single) {
  const Turn turn;
  start(0);
  const AnyPlan::ExecutionSpace exec;
  const AnyKernel named{kernel, parameters};
  const Precision precision = single ? Precision::float32 : Precision::float64;
  const AnyArray x = any_array(sources);
  m_living = targets
                 ? std::make_unique<Living>(exec, named, precision, x, any_array(*targets), options)
                 : std::make_unique<Living>(exec, named, precision, x, options);
}

Plan::~Plan() {
  const Turn turn;
  m_living.reset();
}

void Plan::execute(const ReadArray& charges, const Results& results) {
  const Turn turn;
  const AnyPlan::ExecutionSpace exec;
  m_living->plan().execute(exec, any_array(charges), any_outputs(results));
  exec.fence("Octopole::Python::Plan::execute");
}

std::map<std::string, std::pair<double, double>> Plan::check(const ReadArray& charges,
                                                             const Results& results, int samples) {
  const Turn turn;
  const CheckResult found = m_living->plan().check(AnyPlan::ExecutionSpace(), any_array(charges),
                                                   any_outputs(results), samples);
  std::map<std::string, std::pair<double, double>> errors;
  for (const auto& [name, array] : results) {
    const OutputError& error = found[output_named(name)];
    errors[name] = {error.rel_l2, error.max};
  }
  return errors;
}

void Plan::update_points(const ReadArray& sources, const std::optional<ReadArray>& targets) {
  const Turn turn;
  const AnyPlan::ExecutionSpace exec;
  const AnyArray x = any_array(sources);
  if (targets)
    m_living->plan().update_points(exec, x, any_array(*targets));
  else
    m_living->plan().update_points(exec, x);
}

void Plan::set_timing(bool on) {
  const Turn turn;
  m_living->plan().set_timing(on);
}

std::map<std::string, double> Plan::stage_seconds() const {
  const Turn turn;
  const StageSeconds& s = m_living->plan().stage_seconds();
  return {{"plan", s.plan},         {"tree", s.tree},
          {"lists", s.lists},       {"operators", s.operators},
          {"evaluate", s.evaluate}, {"permute", s.permute},
          {"p2m", s.p2m},           {"m2m", s.m2m},
          {"m2l", s.m2l},           {"p2l", s.p2l},
          {"l2l", s.l2l},           {"l2p", s.l2p},
          {"m2p", s.m2p},           {"p2p", s.p2p}};
}

PlanFacts Plan::facts() const {
  const Turn turn;
  return m_living->plan().facts();
}

Options Plan::options() const {
  const Turn turn;
  return m_living->plan().options();
}

std::string Plan::description() const {
  const Turn turn;
  std::ostringstream text;
  text << m_living->plan();
  return text.str();
}

std::vector<std::size_t> Plan::shape(const std::string& output) const {
  const Output wanted = output_named(output);
  const Turn turn;
  const AnyPlan& plan = m_living->plan();
  KernelInfo whole = *m_kernel;
  whole.complex = false;  // a complex number of numpy's counts once
  for (const OutputInfo& one : m_kernel->outputs)
    if (one.output == wanted)
      return whole.output_extents(one, plan.facts().n_targets,
                                  std::size_t(plan.options().right_hand_sides));
  throw std::invalid_argument("octopole: found the output '" + output + "', allowed " +
                              names_of(m_kernel->offered()) + " with the kernel " + m_kernel->name);
}

}  // namespace Octopole::Python
