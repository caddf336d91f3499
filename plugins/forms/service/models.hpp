// models.hpp: which form is served: asked of models/1 at every use, because only its answer is right the instant a
// publish has answered; the compiled form is kept by its hash and charged to the tenant it was compiled for. On the
// caller's worker.
#pragma once

#include <socle/model_cache.hpp>
#include <socle/plugin.hpp>

#include <string>

#include "model/form.hpp"
#include "service/got.hpp"

namespace socle::forms {

class Referrers;

struct Served {
  FormPtr form;
  std::string version;
  bool canary = false;
};

class Models {
 public:
  explicit Models(Host& host);

  // `name` may carry a version: "loan@1.2.0". 404 for an unknown form.
  Task<Got<Served>> find(Context context, std::string name);
  // While a canary runs: how this use went. REQUIRES: nothing; does nothing without a canary.
  Task<void> report(Context context, const Served& served, bool failed, Duration took);
  // The diagnostics of a model, for models/1. A good one's references with on_delete are noted.
  Task<Reply> compile(Request request, Referrers& referrers);
  // POST /v1/forms/compile: the registry's own compile, for the places in the text.
  Task<Reply> compile_text(Request request);
  // The tenant is deleted.
  void forget(std::string_view tenant) { cache_.forget(tenant); }

 private:
  detail::CallOperation ask(Context context, const std::string& name, const std::string& version, bool source);

  Host& host_;
  Target resolve_, compile_, report_;
  ModelCache cache_;
  Metric compilations_;
  std::uint64_t fuel_;
};

}  // namespace socle::forms
