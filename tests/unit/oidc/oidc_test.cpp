#include <catch2/catch.hpp>
#include <socle/jose/base64url.hpp>
#include <socle/json.hpp>

#include "oidc/answer.hpp"
#include "oidc/discovery.hpp"
#include "oidc/id_token.hpp"
#include "oidc/strength.hpp"

using namespace socle;
using namespace socle::oidc;

namespace {

constexpr std::int64_t now = 1'700'000'000;

Provider provider(std::string_view more = {}) {
  const std::string text =
      R"({"issuer":"https://idp.test","client_id":"socle","client_secret":"s")" + std::string(more) + "}";
  std::vector<Wrong> faults;
  const auto body = *json::Document::parse(text);
  Provider out = read_provider("idp", body.root(), Reach::open, faults);
  INFO(text);
  REQUIRE(faults.empty());
  return out;
}

std::string configuration(std::string_view more = {}) {
  return R"({"issuer":"https://idp.test","authorization_endpoint":"https://idp.test/a?x=1",)"
         R"("token_endpoint":"https://idp.test/t","jwks_uri":"https://idp.test/k")" +
         std::string(more) + "}";
}

struct Signed {
  jose::Key key = *jose::Key::generate(jose::Algorithm::es256, "k");
  jose::KeySet keys{{key}};
  std::string token(const std::string& claims) {
    return *jose::sign(claims, key, jose::Algorithm::es256, R"({"alg":"ES256","kid":"k"})");
  }
};

}  // namespace

TEST_CASE("oidc: an address is read as one, or not at all", "[oidc]") {
  const auto url = read_url("https://idp.example.com:8443/a/b?c=d");
  REQUIRE(url);
  CHECK(url->origin() == "https://idp.example.com:8443");
  CHECK(url->target == "/a/b?c=d");
  CHECK(read_url("https://idp.test")->target == "/");
  CHECK(read_url("https://idp.test:443")->origin() == "https://idp.test");
  CHECK(read_url("http://[::1]:80/x")->authority() == "[::1]");
  for (const auto* bad : {"", "ftp://x/", "https://", "https://a@b/", "https://A.test/", "https://x:0/",
                          "https://x:65536/", "https://x:/", "https://x/a b", "https://x/\r\nHost: y", "https://x#f",
                          "https://x\\y/", "https://[::1", "https://[x]/", "//x/", "https://x:1:2/", "https://.x/"}) {
    INFO(bad);
    CHECK_FALSE(read_url(bad));
  }
}

TEST_CASE("oidc: a browser is sent back to a path of ours only", "[oidc]") {
  CHECK(safe_return("/forms/leave?x=1") == "/forms/leave?x=1");
  for (const auto* bad : {"", "x", "//evil.test", "/\\evil.test", "https://evil.test", "/a\r\nX: y", "/\t/evil.test"})
    CHECK(safe_return(bad) == "/");
}

TEST_CASE("oidc: addresses of this machine, of private networks and of clouds' metadata are not reached", "[oidc]") {
  const auto may = [](Reach reach, std::string_view text) { return may_reach(reach, *read_address(text)); };
  for (const auto* everywhere : {"8.8.8.8", "2606:4700::1111"}) CHECK(may(Reach::open, everywhere));
  for (const auto* intranet : {"10.1.2.3", "172.31.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1",
                               "64:ff9b::a00:1", "2002:a00:1::"}) {
    INFO(intranet);
    CHECK_FALSE(may(Reach::open, intranet));
    CHECK(may(Reach::intranet, intranet));
  }
  for (const auto* local : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1", "2002:7f00:1::"}) {
    INFO(local);
    CHECK_FALSE(may(Reach::intranet, local));
    CHECK(may(Reach::local, local));
  }
  for (const auto* never :
       {"0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255", "192.0.2.1", "fe80::1", "ff02::1",
        "::", "2001:db8::1", "2001::1", "64:ff9b::a9fe:a9fe", "::ffff:169.254.169.254"}) {
    INFO(never);
    CHECK_FALSE(may(Reach::local, never));
  }
}

TEST_CASE("oidc: claims say roles, each once and in order", "[oidc]") {
  const auto p =
      provider(R"(,"roles":["viewer"],"claim_roles":[{"claim":"groups","value":"hr","roles":["member","viewer"]},
    {"claim":"dept","value":"it","roles":["admin"]}])");
  const auto roles = [&p](const char* claims) { return roles_for(p, json::Document::parse(claims)->root()); };
  CHECK(roles("{}") == std::vector<std::string>{"viewer"});
  CHECK(roles(R"({"groups":["x","hr"],"dept":"it"})") == std::vector<std::string>{"viewer", "member", "admin"});
  CHECK(roles(R"({"groups":{"hr":1},"dept":["it"," it"]})") == std::vector<std::string>{"viewer", "admin"});
  CHECK(all_roles(p) == std::vector<std::string>{"viewer", "member", "admin"});
}

TEST_CASE("oidc: a provider is stored as it was read, and shown without its secret", "[oidc]") {
  const auto p = provider(R"(,"scopes":["email"],"algorithms":["EdDSA"],"origins":["https://keys.test"])");
  std::vector<Wrong> faults;
  const auto again =
      read_provider("idp", json::Document::parse(provider_document(p, "sealed x"))->root(), Reach::open, faults);
  CHECK(faults.empty());
  CHECK(again.client_secret == "sealed x");
  CHECK((again.scopes == p.scopes && again.origins == p.origins && again.algorithms == p.algorithms));
  std::string shown;
  json::Writer out(shown);
  write_provider(out, again);
  CHECK(shown.find("sealed") == std::string::npos);
  CHECK(shown.find(R"("client_secret_set":true)") != std::string::npos);
}

TEST_CASE("oidc: a provider that nothing is demanded of is stored without a word of it, and shown with it", "[oidc]") {
  const std::string stored = provider_document(provider(), "");
  for (const auto* name : {"acr_values", "amr", "max_age"}) CHECK(stored.find(name) == std::string::npos);
  const std::string with_one = provider_document(provider(R"(,"amr":["otp"])"), "");
  CHECK(with_one.find(R"("amr":["otp"])") != std::string::npos);
  CHECK(with_one.find("acr_values") == std::string::npos);
  std::string shown;
  json::Writer out(shown);
  write_provider(out, provider());
  CHECK(shown.find(R"("acr_values":[],"amr":[])") != std::string::npos);
}

TEST_CASE("oidc: a configuration is believed as far as it agrees with the provider", "[oidc]") {
  const auto p = provider();
  const auto good = read_metadata(configuration(), p);
  REQUIRE(good);
  const Asking asking{"https://us.test/back?", "st&te", "n", "c"};
  CHECK(authorization_address(*good, p, asking) ==
        "https://idp.test/a?x=1&response_type=code&code_challenge_method=S256&client_id=socle&redirect_uri="
        "https%3A%2F%2Fus.test%2Fback%3F&scope=openid&state=st%26te&nonce=n&code_challenge=c");
  const auto why = [&p](const std::string& text) {
    const auto read = read_metadata(text, p);
    return read ? std::string() : read.error().message;
  };
  CHECK(why("[]") == "the provider's configuration is no JSON object");
  CHECK(why(configuration(R"(,"issuer":"https://idp.test")")).find("not JSON") != std::string::npos);
  CHECK(why(R"({"issuer":"https://idp.test/"})").find("which was configured") != std::string::npos);
  CHECK(why(configuration(R"(,"response_types_supported":["token"])")).find("\"code\"") != std::string::npos);
  CHECK(why(configuration(R"(,"code_challenge_methods_supported":["plain"])")).find("S256") != std::string::npos);
  auto elsewhere = configuration();
  elsewhere.replace(elsewhere.find("https://idp.test/k"), 18, "https://bad.test/k");
  CHECK(why(elsewhere) ==
        "`jwks_uri` of the provider's configuration lies at https://bad.test, which is neither the "
        "issuer's origin nor one of `origins`");
  CHECK(read_metadata(elsewhere, provider(R"(,"origins":["https://bad.test"])")));
}

TEST_CASE("oidc: an ID token is for this client, this sign-in and now", "[oidc]") {
  Signed by;
  const auto p = provider();
  const auto judged = [&](const std::string& claims) {
    return verify_id_token(by.token(claims), by.keys, p, "n", now).verdict.reason;
  };
  const std::string good =
      R"("iss":"https://idp.test","aud":"socle","sub":"s","nonce":"n","iat":1700000000,"exp":1700000300)";
  CHECK(judged("{" + good + "}").empty());
  CHECK(judged("{" + good + R"(,"azp":"x"})") == "`azp` is another client");
  CHECK(
      judged(
          R"({"iss":"https://idp.test","aud":["socle","x"],"sub":"s","nonce":"n","iat":1700000000,"exp":1700000300})") ==
      "`aud` names several, and no `azp` says who asked");
  CHECK(judged(R"({"iss":"https://idp.test","aud":"socle","sub":"s","nonce":"m","iat":1700000000,"exp":1700000300})") ==
        "`nonce` is not the one of this sign-in");
  CHECK(judged(R"({"iss":"https://idp.test","aud":"socle","sub":"s","nonce":"n","iat":1699999000,"exp":1700000300})") ==
        "`iat` is too long ago");
  CHECK(judged(R"({"iss":"https://idp.test","aud":"socle","sub":"s","nonce":"n","iat":1700000000})").find("exp") !=
        std::string::npos);
  auto narrow = p;
  narrow.algorithms = jose::Algorithm::rs256;
  CHECK(verify_id_token(by.token("{" + good + "}"), by.keys, narrow, "n", now).verdict.refusal ==
        jose::Refusal::algorithm_refused);
}

TEST_CASE("oidc: how strongly and how lately somebody signed in is demanded as it was asked for", "[oidc]") {
  const auto p = provider(R"(,"acr_values":["gold","silver"],"amr":["pwd","otp"],"max_age":300)");
  const auto judged = [&p](const std::string& claims) {
    return too_weak(json::Document::parse("{" + claims + "}")->root(), p.strength, now);
  };
  const std::string good = R"("acr":"silver","amr":["otp","x","pwd"],)";
  CHECK(judged(good + R"("auth_time":1699999700)").empty());
  CHECK(judged(good + R"("auth_time":1699999640)").empty());  // a minute for clocks that differ
  CHECK(judged(good + R"("auth_time":1699999639)") == "`auth_time` is too long ago");
  CHECK(judged(good + R"("auth_time":1700000660)").empty());  // there, after the sign-in here had begun
  CHECK(judged(good + R"("auth_time":1700000661)") == "`auth_time` is in the future");
  for (const auto* none : {R"("x":1)", R"("auth_time":"1700000000")", R"("auth_time":null)"})
    CHECK(judged(good + none) == "`auth_time` is missing");
  CHECK(judged(R"("acr":"bronze","amr":["pwd","otp"],"auth_time":1700000000)") == "`acr` is none of those demanded");
  for (const auto* none : {R"("x":1)", R"("acr":["gold"])", R"("acr":"")"})
    CHECK(judged(none) == "`acr` is none of those demanded");
  CHECK(judged(R"("acr":"gold","amr":["pwd"],"auth_time":1700000000)") == "`amr` lacks \"otp\"");
  CHECK(judged(R"("acr":"gold","auth_time":1700000000)") == "`amr` lacks \"pwd\"");
  CHECK(too_weak(json::Document::parse("{}")->root(), provider().strength, now).empty());
  const auto metadata = read_metadata(configuration(), p);
  REQUIRE(metadata);
  const std::string address = authorization_address(*metadata, p, {"https://us.test/back", "s", "n", "c"});
  CHECK(address.find("&acr_values=gold%20silver&max_age=300") != std::string::npos);
  std::vector<Wrong> faults;
  const auto again = read_provider("idp", json::Document::parse(provider_document(p, ""))->root(), Reach::open, faults);
  CHECK(faults.empty());
  CHECK((again.strength.acr_values == p.strength.acr_values && again.strength.amr == p.strength.amr &&
         again.strength.max_age == 300));
  (void)read_provider(
      "idp",
      json::Document::parse(R"({"issuer":"https://i.test","client_id":"x","acr_values":["a b"],"amr":"otp",
                      "max_age":-1})")
          ->root(),
      Reach::open, faults);
  REQUIRE(faults.size() == 3);
  CHECK((faults[0].pointer == "/amr" && faults[1].pointer == "/acr_values/0" && faults[2].pointer == "/max_age"));
}

TEST_CASE("oidc: what the token endpoint answers", "[oidc]") {
  CHECK(*read_token_answer(200, R"({"id_token":"t"})") == "t");
  CHECK(read_token_answer(200, "{}").error().message == "the token endpoint gave no `id_token`");
  CHECK(read_token_answer(400, "{\"error\":\"bad\\r\\nX: y\"}").error().message ==
        "the token endpoint answered 400 bad??X??y");
  CHECK(read_token_answer(502, "<html>").error().code == Code::invalid);
}

TEST_CASE("oidc: an answer is taken in pieces of any size, and not beyond its bounds", "[oidc]") {
  const std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    Answer answer(16);
    bool whole = false;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      const auto fed = answer.feed(std::string_view(text).substr(at, piece));
      REQUIRE(fed);
      whole = *fed;
    }
    REQUIRE(whole);
    REQUIRE(answer.take_body() == "abcde");
  }
  Answer small(4);
  const auto large = small.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde");
  REQUIRE_FALSE(large);
  CHECK(large.error().code == Code::too_large);
  Answer half(16);
  REQUIRE(half.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"));
  CHECK_FALSE(half.finish());
  Answer until_end(16);
  REQUIRE(until_end.feed("HTTP/1.1 204 No\r\nX: y\r\n\r\n"));
  CHECK(until_end.finish());
  Answer none(16);
  CHECK_FALSE(none.feed("SSH-2.0-x\r\n\r\n"));
}
