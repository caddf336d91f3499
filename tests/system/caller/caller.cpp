// caller.cpp: calls any method of any service in the name of whoever asks over HTTP, and tells what came back: what a
// plugin reaches of another where no route stands before it. Also keeps what a channel brought, and for which tenant.
// For tests/system/services.py, which writes what it may call into its manifest.
#include <socle/json.hpp>
#include <socle/plugin.hpp>

#include <mutex>

namespace {

using namespace socle;

class Caller : public Plugin {
 public:
  explicit Caller(Host& host) : host_(host) {}

  // {service, method, text?, meta?: {NAME: TEXT}} → "code CODE" ("" of a good answer), its message and some of its meta
  // values, a line each, "text", its text.
  Task<Reply> call(Request request) {
    const auto body = json::Document::parse(request.text());
    if (!body) co_return Reply(body.error());
    const json::View root = body->root();
    Meta meta;
    for (const auto [name, value] : root.find("meta").members()) meta.set(name, value.as_string());
    const std::string text(root.find("text").as_string());
    const Target target = host_.target(root.find("service").as_string(), root.find("method").as_string());
    const Payload payload = Payload::make(text, text.empty() ? Media::none : Media::json, meta);
    const Reply answer = co_await host_.call(request, target, payload);
    std::string told("code ");
    if (!answer.ok()) told.append(answer.error_code());
    told.append("\n").append(answer.message()).append("\n");
    for (const std::string_view key : {"location", "etag", "stream.cursor", "http.header.set-cookie"})
      told.append(answer.meta(key)).append("\n");
    told.append("text\n").append(answer.text());
    co_return Reply::other("application/octet-stream", told);
  }

  // TENANT MESSAGE, a line each, of all tenants.
  Reply heard(Request /*request*/) {
    const std::lock_guard lock(mutex_);
    return Reply::other("application/octet-stream", heard_.empty() ? std::string("\n") : heard_);
  }

  Reply published(Request request) {
    const std::lock_guard lock(mutex_);
    heard_.append(request.tenant()).append(" ").append(request.text()).append("\n");
    return {};
  }

 private:
  Host& host_;
  std::mutex mutex_;
  std::string heard_;
};

}  // namespace

SOCLE_PLUGIN(Caller, socle::service("caller", 1).method("call", &Caller::call).method("heard", &Caller::heard),
             socle::internal().method("published", &Caller::published))
