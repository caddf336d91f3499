// publisher.hpp: every change of what is served: publish, canary, promotion, revert, rollback, activation of a version
// whose indexes were building. Each is one batch (head, version, history, draft) under the precondition that the head
// is the one read, then the switch on all workers, then the answer. A process killed in the middle leaves the old or
// the new head. Coroutines on the call's worker.
#pragma once

#include "registry/allowed.hpp"
#include "registry/compiler.hpp"
#include "registry/indexes.hpp"
#include "registry/runtime.hpp"

namespace socle::models {

// What is to be published.
struct Candidate {
  Arguments::Model model;
  std::string text;
  Media media = Media::yaml;
};

// How.
struct Order {
  std::string version;                    // "", a level, or a number: see number()
  std::optional<std::uint32_t> weight{};  // canary: of 10,000
  Duration watched = std::chrono::seconds(60);
  std::string key{}, signature{};  // Ed25519, hex or base64
  bool plan = false;               // nothing will be published: a signature may still be missing
};

// A candidate that may be published, and all that was found out on the way.
struct Prepared {
  Candidate candidate;
  Order order;
  Head head;
  std::uint64_t revision = 0;        // of the head, 0: the first version
  std::uint64_t draft_revision = 0;  // of the draft that goes with it, 0: none
  std::vector<Stored> earlier;       // version documents: the active one first
  CompiledPtr compiled;
  Decision decision;
  Version number;
  bool unchanged = false;  // what is active already
};
using PreparedPtr = std::shared_ptr<Prepared>;

class Publisher {
 public:
  Publisher(Host& host, Store& store, Compiler& compiler, Indexes& indexes, Runtime& runtime)
      : host_(host),
        store_(store),
        compiler_(compiler),
        indexes_(indexes),
        runtime_(runtime),
        allowed_(host),
        switch_seconds_(host.histogram("models_switch_seconds", "From a head on disk to all workers serving it.")),
        late_switches_(host.counter("models_late_switches_total", "Switches that took all workers over 10 ms.")) {}

  Task<Reply> publish(Request request);
  Task<Reply> rollback(Request request);
  // Nothing is served under the name any more, at once. Versions, history and a draft stay; a rollback serves again.
  Task<Reply> retire(Request request);
  // Data of an older major has been migrated: it is no longer `serving`.
  Task<Reply> migrated(Request request);

  // Everything that can be found out of `candidate` and `order` without changing anything, put into the rest of
  // *prepared. Refused: `invalid_model`, `incompatible`, `version_taken`, …
  Task<Got<bool>> prepare(Request request, PreparedPtr prepared);
  Task<Reply> commit(Request request, PreparedPtr prepared);

  // Background, for the tenant of `context`: ends a canary, or activates (or gives up) a building version. False: the
  // head says there is nothing to end any more, or somebody else did.
  Task<Got<bool>> end_canary(Context context, const Arguments::Model& model, std::string version, bool promote,
                             std::string reason);
  Task<Got<bool>> end_building(Context context, const Arguments::Model& model);

 private:
  struct Loaded {
    Head head;
    std::uint64_t revision = 0;
    Stored draft;
    std::vector<std::string> keys;
  };
  Task<Got<Loaded>> load(Context context, const Arguments::Model& model);

  Task<Got<bool>> decide_version(Context context, Prepared& prepared);
  // Writes and announces. `batch` holds what goes with the head.
  Task<Got<bool>> replace_head(Context context, Batch& batch, Head& head, std::uint64_t revision,
                               const HistoryEntry& entry);
  [[nodiscard]] std::string utc_now() const { return timestamp(host_.now_utc()); }

  Host& host_;
  Store& store_;
  Compiler& compiler_;
  Indexes& indexes_;
  Runtime& runtime_;
  Allowed allowed_;
  Metric switch_seconds_;
  Metric late_switches_;
};

// {"kind","name","version","hash","state","level","relation","compatibility","storage_plan",…}
[[nodiscard]] std::string published_text(const Prepared& prepared, std::string_view state, std::string_view plan);
// 422 with all errors and their places.
[[nodiscard]] Reply invalid_model(const std::vector<Diagnostic>& diagnostics);

}  // namespace socle::models
