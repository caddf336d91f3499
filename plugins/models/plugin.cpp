// plugin.cpp: models/1, the tenant model registry: wiring. What lies behind each method is in registry/.
#include "registry/importer.hpp"
#include "registry/reading.hpp"
#include "registry/templates.hpp"
#include "registry/watcher.hpp"

namespace socle::models {

class Models : public Plugin {
 public:
  explicit Models(Host& host)
      : store_(host),
        compiler_(host),
        indexes_(host),
        watcher_(host, store_, runtime_, gate_of(host.config()), interval_of(host.config())),
        runtime_(host, store_, host.config().get<std::size_t>("cache"),
                 [this](std::string_view tenant, const Head& head) { watcher_.see(tenant, head); }),
        publisher_(host, store_, compiler_, indexes_, runtime_),
        reading_(host, store_, compiler_),
        importer_(host, store_, publisher_) {
    watcher_.use(publisher_);
  }

  Task<Reply> resolve(Request request) { return runtime_.resolve(request); }
  Reply report(Request request) { return runtime_.report(request); }
  Reply install(Request request) { return runtime_.install(request); }

  Task<Reply> list(Request request) { return reading_.list(request); }
  Task<Reply> get(Request request) { return reading_.get(request); }
  Task<Reply> save(Request request) { return reading_.save(request); }
  Task<Reply> compile(Request request) { return reading_.compile(request); }
  Task<Reply> discard(Request request) { return reading_.discard(request); }
  Task<Reply> versions(Request request) { return reading_.versions(request); }
  Task<Reply> history(Request request) { return reading_.history(request); }
  Task<Reply> diff(Request request) { return reading_.diff(request); }
  Task<Reply> export_models(Request request) { return reading_.export_models(request); }
  Reply templates(Request request) { return template_reply(request); }

  Task<Reply> publish(Request request) { return publisher_.publish(request); }
  Task<Reply> rollback(Request request) { return publisher_.rollback(request); }
  Task<Reply> retire(Request request) { return publisher_.retire(request); }
  Task<Reply> forget(Request request) { return runtime_.forget(request); }
  Task<Reply> migrated(Request request) { return publisher_.migrated(request); }
  Task<Reply> import_models(Request request) { return importer_.import_models(request); }
  Task<Reply> trust(Request request) { return importer_.trust(request); }

  Task<Reply> compile_requested(Request request) { return compiler_.requested(request); }

  Task<Status> drain(std::uint32_t /*worker*/) override {
    compiler_.drain();
    return Status();
  }

 private:
  static Gate gate_of(const Config& config) {
    Gate gate;
    gate.least_calls = config.get<std::uint64_t>("canary_calls");
    return gate;
  }
  static Duration interval_of(const Config& config) { return Duration(config.get<std::int64_t>("canary_interval")); }

  Store store_;
  Compiler compiler_;
  Indexes indexes_;
  Watcher watcher_;
  Runtime runtime_;
  Publisher publisher_;
  Reading reading_;
  Importer importer_;
};

}  // namespace socle::models

using socle::models::Models;
SOCLE_PLUGIN(Models,
             socle::service("models", 1)
                 .method("resolve", &Models::resolve)
                 .method("report", &Models::report)
                 .method("install", &Models::install)
                 .method("list", &Models::list)
                 .method("get", &Models::get)
                 .method("save", &Models::save)
                 .method("compile", &Models::compile)
                 .method("discard", &Models::discard)
                 .method("versions", &Models::versions)
                 .method("history", &Models::history)
                 .method("diff", &Models::diff)
                 .method("export", &Models::export_models)
                 .method("templates", &Models::templates)
                 .method("publish", &Models::publish)
                 .method("rollback", &Models::rollback)
                 .method("retire", &Models::retire)
                 .method("migrated", &Models::migrated)
                 .method("forget", &Models::forget)
                 .method("import", &Models::import_models)
                 .method("trust", &Models::trust),
             socle::internal().method("compile_requested", &Models::compile_requested))
