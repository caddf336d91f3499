#include "service/question.hpp"

#include "service/answers.hpp"

namespace socle::rules {

std::unique_ptr<Question> question_of(const Host& host, Request request, json::Document body, json::View env) {
  auto out = std::make_unique<Question>();
  out->body = std::move(body);
  if (auto user = json::Document::parse(user_text(request.principal(), request.context().claims())))
    out->user = *std::move(user);
  if (auto tenant = json::Document::parse(tenant_text(request.tenant()))) out->tenant = *std::move(tenant);
  const auto now = host.now_utc().count();
  out->call.now_seconds = now / 1'000'000'000;
  out->call.now_nanos = static_cast<std::uint32_t>(now % 1'000'000'000);
  out->call.user = out->user.root();
  out->call.tenant = out->tenant.root();
  out->call.env = env;
  return out;
}

}  // namespace socle::rules
