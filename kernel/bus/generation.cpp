#include "bus/generation.hpp"

#include <iterator>

#include "bus/bus.hpp"
#include "bus/payload.hpp"

namespace socle::bus {

Generation::Generation(Bus& b, std::string p, std::string v, uint64_t s, Grants g, size_t workers)
    : socle_host{},
      bus(b),
      account(b.accounts().plugin(p)),
      plugin(std::move(p)),
      version(std::move(v)),
      seq(s),
      grants(std::move(g)),
      counters_(workers + 1) {
  fill_host_table(*this);
}

Generation::~Generation() { bus.call_totals().leave(*this); }

void Generation::attach(const socle_plugin* d) {
  descriptor = d;
  for (WorkerCounters& c : counters_) c.methods = std::vector<MethodStats>(d->method_count);
  bus.call_totals().enter(*this);
}

int64_t Generation::method(std::string_view service, std::string_view name) const {
  for (size_t i = 0; i < descriptor->method_count; ++i) {
    if (view(descriptor->methods[i].name) == name && view(descriptor->methods[i].service) == service)
      return static_cast<int64_t>(i);
  }
  return -1;
}

std::string Generation::entry_name(uint32_t method) const {
  static constexpr std::string_view hooks[] = {"start", "self-test", "health", "drain", "stop", "export", "import"};
  if (method < descriptor->method_count) return "call of " + std::string(view(descriptor->methods[method].name));
  const uint32_t hook = method - SOCLE_HOOK_START;
  return hook < std::size(hooks) ? std::string(hooks[hook]) + " hook" : "entry " + std::to_string(method);
}

int64_t Generation::sum(Count WorkerCounters::*which) const {
  int64_t total = 0;
  for (const WorkerCounters& c : counters_) total += (c.*which).get();
  return total;
}

}  // namespace socle::bus
