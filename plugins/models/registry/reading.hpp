// reading.hpp: what authors and operators look at: models, drafts, versions, history, differences, export. Nothing here
// changes anything but drafts. Coroutines on the call's worker.
#pragma once

#include "registry/publisher.hpp"

namespace socle::models {

class Reading {
 public:
  Reading(Host& host, Store& store, Compiler& compiler) : host_(host), store_(store), compiler_(compiler) {}

  Task<Reply> list(Request request);
  Task<Reply> get(Request request);
  Task<Reply> versions(Request request);
  Task<Reply> history(Request request);
  Task<Reply> diff(Request request);
  Task<Reply> export_models(Request request);

  // Drafts: compiled, and stored only without errors.
  Task<Reply> save(Request request);
  Task<Reply> discard(Request request);
  // Compiled and stored nowhere.
  Task<Reply> compile(Request request);

 private:
  Task<Reply> get_draft(Request request, const Arguments::Model& model);
  Task<Got<Stored>> version_named(Context context, const Arguments::Model& model, std::string version);
  Host& host_;
  Store& store_;
  Compiler& compiler_;
};

}  // namespace socle::models
