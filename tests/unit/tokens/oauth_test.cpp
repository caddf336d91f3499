// The token endpoint's language: forms, clients, scopes, answers.
#include <catch2/catch.hpp>

#include "token/tokens.hpp"

using namespace socle::tokens;

namespace {

constexpr auto form_type = "application/x-www-form-urlencoded";

OAuthForm form(std::string_view body, std::string_view authorization = {}) {
  auto out = OAuthForm::read(form_type, body, authorization);
  if (const auto* error = std::get_if<OAuthError>(&out)) FAIL(error->description);
  return std::get<OAuthForm>(std::move(out));
}
OAuthError refusal(std::string_view body, std::string_view authorization = {}, std::string_view type = form_type) {
  auto out = OAuthForm::read(type, body, authorization);
  REQUIRE(std::holds_alternative<OAuthError>(out));
  return std::get<OAuthError>(std::move(out));
}

}  // namespace

TEST_CASE("tokens: a form's parameters are decoded", "[tokens]") {
  const auto out = form("grant_type=client_credentials&scope=records%3Aread+rules%3Aevaluate&empty=&&flag");
  CHECK(out.get("grant_type") == "client_credentials");
  CHECK(out.get("scope") == "records:read rules:evaluate");
  CHECK(out.get("empty").empty());
  CHECK(out.get("missing").empty());
  CHECK_FALSE(out.client());
}

TEST_CASE("tokens: a client shows itself in the header or in the body", "[tokens]") {
  const auto basic = form("grant_type=x", "Basic a2V5JTJGMTpzZWNyZXQ=");  // key%2F1:secret
  REQUIRE(basic.client());
  CHECK(basic.client()->id == "key/1");
  CHECK(basic.client()->secret == "secret");
  CHECK(basic.client()->by_header);
  const auto body = form("client_id=key&client_secret=s%20t");
  CHECK(body.client()->secret == "s t");
  CHECK_FALSE(body.client()->by_header);
  CHECK(form("client_id=public").client()->secret.empty());
}

TEST_CASE("tokens: a client that shows itself twice, wrongly or halfway is refused", "[tokens]") {
  CHECK(refusal("client_id=a&client_secret=b", "Basic YTpi").code == "invalid_request");
  CHECK(refusal("client_id=other", "Basic YTpi").code == "invalid_request");
  CHECK(refusal("client_secret=b").code == "invalid_client");
  for (const auto* header : {"Basic !!!", "Basic YQ==", "Basic ", "Basic Omvi"}) {
    const auto error = refusal("", header);
    CHECK(error.code == "invalid_client");
    CHECK(error.status == 401);
  }
}

TEST_CASE("tokens: a form that is none, or says a thing twice, is refused", "[tokens]") {
  CHECK(refusal("{}", "", "application/json").description == "the body must be application/x-www-form-urlencoded");
  CHECK(refusal("a=1&a=2").description == "a parameter is given twice");
  CHECK(refusal("a=%zz").description == "a parameter is not encoded as a form");
  CHECK(refusal("a=%0").description == "a parameter is not encoded as a form");
  CHECK(refusal("a=%0A").description == "a parameter is not encoded as a form");
  CHECK(refusal("a=" + std::string(9000, 'x')).description == "a parameter is longer than 8192 bytes");
  CHECK(refusal(std::string(17000, '&')).description == "the body is longer than 16384 bytes");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "p" + std::to_string(i) + "=1&";
  CHECK(refusal(many).description == "there are more than 32 parameters");
  CHECK(std::holds_alternative<OAuthForm>(
      OAuthForm::read("application/x-www-form-urlencoded; charset=UTF-8", "a=1", "")));
}

TEST_CASE("tokens: scopes can be narrowed and never widened", "[tokens]") {
  using Scopes = std::vector<std::string>;
  CHECK(narrowed_scopes("", {"a:b", "c:d"}) == Scopes{"a:b", "c:d"});
  CHECK(narrowed_scopes("c:d", {"a:b", "c:d"}) == Scopes{"c:d"});
  CHECK(narrowed_scopes("c:d  c:d", {"c:d"}) == Scopes{"c:d"});
  CHECK_FALSE(narrowed_scopes("e:f", {"a:b"}));
  CHECK_FALSE(narrowed_scopes("a:*", {"a:b"}));
  CHECK(narrowed_scopes("a:b", {"a:*"}) == Scopes{"a:b"});
  CHECK_FALSE(narrowed_scopes("ab:c", {"a:*"}));
  CHECK(narrowed_scopes("a:b", {"*"}) == Scopes{"a:b"});
  CHECK_FALSE(narrowed_scopes("a\"b", {"*"}));
  CHECK_FALSE(narrowed_scopes("*", {"a:*"}));
}

TEST_CASE("tokens: answers are those of RFC 6749", "[tokens]") {
  const std::vector<std::string> scopes{"a:b", "c:d"};
  CHECK(token_answer({"tok", 600, "ref", &scopes}) ==
        R"({"access_token":"tok","token_type":"Bearer","expires_in":600,"refresh_token":"ref","scope":"a:b c:d"})");
  CHECK(token_answer({"tok", 600, "", nullptr}) == R"({"access_token":"tok","token_type":"Bearer","expires_in":600})");
  CHECK(OAuthError{400, "invalid_grant", "it is spent"}.json() ==
        R"({"error":"invalid_grant","error_description":"it is spent"})");
}
