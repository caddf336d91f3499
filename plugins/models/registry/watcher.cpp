#include "registry/watcher.hpp"

namespace socle::models {

void Watcher::see(std::string_view tenant, const Head& head) {
  const Kind* kind = find_kind(head.kind);
  if (kind == nullptr || host_.draining()) return;
  const Arguments::Model model{kind, head.name};
  {
    const std::lock_guard lock(mutex_);
    if (!watched_.insert(table_key(tenant, model.key())).second) return;
  }
  host_.spawn(watch(std::string(tenant), kind, head.name));
}

Task<void> Watcher::watch(std::string tenant, const Kind* kind, std::string name) {
  const Arguments::Model model{kind, name};
  while (co_await host_.sleep(interval_)) {
    if (!co_await look(tenant, model)) break;
  }
  const std::lock_guard lock(mutex_);
  watched_.erase(table_key(tenant, model.key()));
}

Task<bool> Watcher::look(const std::string& tenant, const Arguments::Model& model) {
  const auto context = host_.act_as(tenant, "an unfinished publish of a model", std::chrono::seconds(30));
  if (!context) co_return false;
  auto found = co_await store_.get(context->view(), ids(model.key()));
  if (!found) co_return true;  // storage is away for a moment
  const Head head = read_head(found->at(0).doc());
  if (head.canary) co_return co_await look_at_canary(context->view(), model, *head.canary);
  if (!head.building) co_return false;
  auto ended = co_await publisher_->end_building(context->view(), model);
  co_return !ended || *ended;
}

Task<bool> Watcher::look_at_canary(Context context, const Arguments::Model& model, const CanaryFacts& canary) {
  const Runtime::Counts counts = co_await runtime_.counts(std::string(context.tenant()), model.key(), canary.version);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(host_.now_utc()).count();
  const Judgement judgement = judge(counts.stable, counts.canary, gate_, now >= canary.until_ms);
  if (judgement.verdict == Verdict::wait) co_return true;
  const bool promote = judgement.verdict == Verdict::promote;
  auto ended = co_await publisher_->end_canary(context, model, canary.version, promote, judgement.reason);
  if (!ended) co_return true;
  host_.log(promote ? socle::Level::info : socle::Level::warn, context,
            promote ? "a canary was promoted" : "a canary was sent back",
            {{"model", model.key()}, {"version", canary.version}, {"reason", judgement.reason}});
  co_return false;
}

}  // namespace socle::models
