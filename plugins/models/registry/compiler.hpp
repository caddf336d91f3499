// compiler.hpp: the pipeline that turns a model's text into what may be published: text → JSON → the kind's `compile` →
// diagnostics with places, hash, schema, collections. It runs off the request path:
//
//   handler ── ticket on channel models.compile.requested ──▶ one job at a time a worker, tenants in turn, background
//      ▲                                                          │ text and hashes on the offload pool
//      └──────────────── outcome ─────────────────────────────────┘
//
// The ticket waits in this generation. When the generation drains, messages go to the next one, which does not know the
// ticket, so drain() lets every waiter compile for itself. Each worker has its own tickets.
#pragma once

#include <memory>
#include <unordered_map>

#include "registry/got.hpp"
#include "source/kinds.hpp"
#include "version/decision.hpp"

namespace socle::models {

// Shared, not passed by value: see the note in got.hpp.
struct Job {
  const Kind* kind = nullptr;
  std::string name, text;
  Media media = Media::yaml;
  bool full = false;     // tests too
  std::string previous;  // JSON of the version served, or ""
};
using JobPtr = std::shared_ptr<const Job>;

// The outcome: with errors in `diagnostics` there may be no source and no hash.
struct Compiled {
  std::optional<Source> source;
  std::vector<Diagnostic> diagnostics;
  json::Document answer;  // the kind's
  std::string canonical, hash;
  Promise promise;
  std::int64_t micros = 0;

  [[nodiscard]] bool refused() const { return has_errors(diagnostics) || !source; }
  [[nodiscard]] json::View schema() const { return answer.root().find("schema"); }
  [[nodiscard]] json::View collections() const { return answer.root().find("collections"); }
  // What runs: the kind's canonical form, else the source as it is.
  [[nodiscard]] json::View served() const {
    const json::View canonical_form = answer.root().find("canonical");
    return canonical_form.is_object() ? canonical_form : source->root();
  }
};
using CompiledPtr = std::shared_ptr<const Compiled>;

class Compiler {
 public:
  explicit Compiler(Host& host);

  // Through the pipeline. A problem: the kind's plugin is not there, the pipeline is full until the deadline.
  Task<Got<CompiledPtr>> compile(Request request, JobPtr job);
  // The channel's subscriber.
  Task<Reply> requested(Request request);
  // On each worker, when nothing new is routed here.
  void drain();

 private:
  struct Ticket;
  struct Worker {
    std::unordered_map<std::uint64_t, Ticket*> tickets;
    std::uint64_t next = 0;
    bool draining = false;
  };
  Task<Got<CompiledPtr>> run(Context context, const Job& job);
  Worker& here() { return workers_[host_.worker()]; }
  Host& host_;
  std::vector<Target> compile_;  // as kinds()
  std::vector<Worker> workers_;
  std::string generation_;  // tells our tickets from those of a generation before or after
};

}  // namespace socle::models
