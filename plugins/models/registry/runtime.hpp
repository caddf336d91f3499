// runtime.hpp: what kinds call at every use of a model: resolve() and report(), answered from this worker's table; and
// the switch, which puts a new head into the tables of all workers before a publish is answered.
//
// Why nothing stale is served after the answer: a table changes only by a fill (a read of storage that is not older
// than any head received meanwhile, table.hpp) and by the switch. The switch goes to each worker twice: to this
// generation's table, and as a call of models/1.install, which the worker routes to the generation that serves there by
// then, so a swap of this plugin in the middle of a publish changes nothing.
#pragma once

#include "registry/arguments.hpp"
#include "registry/table.hpp"
#include "registry/workers.hpp"

namespace socle::models {

class Runtime {
 public:
  // `budget`: bytes of all tables together. `seen` is told of heads with something unfinished (a canary, a building
  // index) when a table takes them, on its worker.
  Runtime(Host& host, Store& store, std::size_t budget,
          std::function<void(std::string_view tenant, const Head& head)> seen);

  Task<Reply> resolve(Request request);
  Reply report(Request request);
  // For this plugin's own generations only.
  Reply install(Request request);

  // The switch: comes back when every worker serves `head`.
  Task<Status> announce(std::string tenant, const Head& head, std::uint64_t revision);

  // The tenant of the call has been erased: no worker remembers anything of it afterwards.
  Task<Reply> forget(Request request);

  struct Counts {
    Tally stable, canary;
  };
  // Of all workers, for a running canary.
  Task<Counts> counts(std::string tenant, std::string key, std::string canary_version);

 private:
  struct Question {
    Arguments::Model model;
    std::string version, lane;
    bool source = false;
  };
  using QuestionPtr = std::shared_ptr<const Question>;
  static Got<Question> question_of(Request request);
  Reply answer(Request request, const Question& question, const Entry& entry) const;
  Task<Reply> resolve_slowly(Request request, QuestionPtr question);
  Task<Reply> resolve_version(Request request, const Question& question);
  Task<Reply> with_source(Request request, const Question& question, const Served& served, std::string state,
                          bool canary);
  // Sees to it that the entry is in the table.
  Task<Got<bool>> fill(Context context, const Arguments::Model& model);
  Task<Status> announce_here(std::shared_ptr<const std::string> message, std::string tenant, const Head* head,
                             std::uint64_t revision);
  Table& here() const { return tables_[host_.worker()]; }

  Host& host_;
  Store& store_;
  Target install_;
  std::function<void(std::string_view, const Head&)> seen_;
  mutable std::vector<Table> tables_;
  Metric hits_, misses_;
};

}  // namespace socle::models
