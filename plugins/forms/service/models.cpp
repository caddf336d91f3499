// models.cpp: see the header.
#include "service/models.hpp"

#include "socle/json/writer.hpp"

namespace socle::forms {
Models::Models(Host& host)
    : host_(host),
      resolve_(host.target("models/1", "resolve")),
      compile_(host.target("models/1", "compile")),
      report_(host.target("models/1", "report")),
      cache_(host, host.config().get<std::size_t>("cache", std::size_t{64} << 20)),
      compilations_(host.counter("forms_compilations_total", "Forms compiled for use.")),
      fuel_(host.config().get<std::uint64_t>("fuel", usual_fuel)) {}

detail::CallOperation Models::ask(Context context, const std::string& name, const std::string& version, bool source) {
  socle::Meta meta{{"kind", "forms"}, {"name", name}};
  if (!version.empty()) meta.set("version", version);
  if (source) meta.set("source", "true");
  return host_.call(context, resolve_, Payload::make({}, Media::none, meta));
}

Task<Got<Served>> Models::find(Context context, std::string name) {
  std::string version;
  if (const auto at = name.find('@'); at != std::string::npos) {
    version = name.substr(at + 1);
    name.resize(at);
  }
  Reply reply = co_await ask(context, name, version, false);
  if (!reply) {
    if (reply.error_code() == "unknown_model")
      co_return Reply::error(Code::not_found, "unknown_form", "there is no form '" + name + "'; publish one first");
    co_return std::move(reply);
  }
  Served out{cache_.find<Form>(reply.meta("hash")), std::string(reply.meta("version")), reply.meta("canary") == "true"};
  if (out.form) co_return std::move(out);
  // The very version that was resolved: what is published meanwhile is the next call's.
  const Reply full = co_await ask(context, name, out.version, true);
  if (!full) co_return full;
  auto answer = json::Document::parse(full.text());
  if (!answer) co_return Reply::error(Code::internal, "internal", "models/1 answered no JSON");
  const std::string hash(answer->root().find("hash").as_string());
  const auto source = answer->root().find("source");
  compilations_.add();
  const auto work = [source] { return Form::compile_published(source); };
  auto made = co_await host_.offload(work);
  if (!made) co_return Reply(std::move(made).error());
  if (!*made)
    co_return Reply::error(
        Code::internal, "model_outdated",
        "form '" + name + "' " + out.version + " was published and no longer compiles: publish it again");
  const auto bytes = (*made)->bytes();
  auto kept = cache_.keep(context, hash, bytes, std::move(*made));
  if (!kept) co_return std::move(kept).error().context("form '" + name + "' " + out.version);
  out.form = *std::move(kept);
  co_return std::move(out);
}

Task<void> Models::report(Context context, const Served& served, bool failed, Duration took) {
  if (!served.canary) co_return;
  const std::string micros = std::to_string(took.count() / 1000);
  const socle::Meta meta{{"kind", "forms"},
                         {"name", served.form->name()},
                         {"version", served.version},
                         {"outcome", failed ? "error" : "ok"},
                         {"micros", micros}};
  (void)co_await host_.call(context, report_, Payload::make({}, Media::none, meta));
}

}  // namespace socle::forms
