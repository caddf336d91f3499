#include "http/provider_api.hpp"

#include "http/body.hpp"
#include "policy/giving.hpp"

namespace socle::auth {
namespace {

std::string place_of(std::string_view tenant, std::string_view name) {
  return std::string("oidc\n").append(tenant).append("\n").append(name);
}

std::string text_of(const oidc::Provider& provider) {
  std::string text;
  json::Writer out(text);
  oidc::write_provider(out, provider);
  return text;
}

std::string etag_of(const oidc::Provider& provider) { return "\"" + std::to_string(provider.revision) + "\""; }

void check_roles(const std::vector<std::string>& roles, std::string_view at, const authz::Directory& directory,
                 std::vector<Fault>& faults) {
  for (const std::string& role : roles)
    if (!directory.find(role.substr(0, role.find('@'))))
      faults.push_back({std::string(at), "unknown_role", "there is no role '" + role.substr(0, 64) + "'"});
}

}  // namespace

Result<oidc::ProviderPtr> ProviderApi::read(std::string_view tenant, std::string_view name, std::uint64_t revision,
                                            json::View doc) const {
  std::vector<oidc::Wrong> faults;
  auto provider = std::make_shared<oidc::Provider>(oidc::read_provider(name, doc, settings_.oidc_reach, faults));
  if (!faults.empty())
    return Error{Code::invalid,
                 "provider '" + std::string(name) + "': " + faults.front().pointer + ": " + faults.front().message};
  provider->revision = revision;
  const tokens::Sealer* sealer = desk_.rings().sealer();
  constexpr std::string_view sealed = "sealed ";
  if (!provider->client_secret.starts_with(sealed)) return oidc::ProviderPtr(std::move(provider));
  if (sealer == nullptr)
    return Error{Code::unavailable, "the provider's secret is sealed and there is no token_key_file to open it"};
  auto secret = sealer->open(provider->client_secret.substr(sealed.size()), place_of(tenant, name));
  if (!secret) return std::move(secret).error();
  provider->client_secret = *std::move(secret);
  return oidc::ProviderPtr(std::move(provider));
}

Task<Got<oidc::ProviderPtr>> ProviderApi::find(Context context, std::string name) {
  if (!oidc::is_provider_name(name)) co_return oidc::ProviderPtr();
  auto stored = co_await store_.get(context, collection::providers, name);
  if (!stored) co_return std::move(stored).problem();
  if (!stored->exists()) co_return oidc::ProviderPtr();
  auto found = read(context.tenant(), name, stored->revision, stored->doc());
  if (!found) co_return std::move(found).error();
  co_return *std::move(found);
}

Task<Got<std::vector<oidc::ProviderPtr>>> ProviderApi::all(Context context) {
  Store::Query query;
  query.of = collection::providers;
  query.limit = most;
  auto page = co_await store_.find(context, query);
  if (!page) co_return std::move(page).problem();
  std::vector<oidc::ProviderPtr> out;
  for (const json::View item : page->items().elements()) {
    auto one = read(context.tenant(), item.find("id").as_string(), item.find("version").as_uint64().value_or(0),
                    item.find("doc"));
    if (!one) {
      host_.log(Level::warn, context, "an OpenID provider cannot be used", {{"why", one.error().message}});
      continue;
    }
    out.push_back(*std::move(one));
  }
  co_return out;
}

Task<Reply> ProviderApi::list(Request request) {
  auto found = co_await all(request);
  if (!found) co_return std::move(found).problem();
  std::string text;
  json::Writer out(text);
  out.begin_object().key("items").begin_array();
  for (const auto& provider : *found) oidc::write_provider(out, *provider);
  out.end_array().end_object();
  co_return private_json(text);
}

Task<Reply> ProviderApi::get(Request request) {
  auto found = co_await find(request, std::string(request.param("provider")));
  if (!found) co_return std::move(found).problem();
  if (!*found) co_return unknown("provider");
  co_return private_json(text_of(**found)).with_etag(etag_of(**found));
}

// A secret stays when none is given, but goes nowhere else than it was given for: else who may write providers could
// read it at an address of his own.
Task<Reply> ProviderApi::put(Request request) {
  const std::string name(request.param("provider"));
  auto body = json::Document::parse(request.text());
  if (!body) co_return Reply::error(Code::invalid, "bad_json", body.error().message);
  if (!body->root().is_object()) co_return Reply::error(Code::invalid, "bad_request", "the body is a JSON object");
  std::vector<oidc::Wrong> wrong;
  oidc::Provider provider = oidc::read_provider(name, body->root(), settings_.oidc_reach, wrong);
  std::vector<Fault> faults;
  for (const auto& w : wrong) faults.push_back({w.pointer, w.code, w.message});
  auto view = co_await access_.views().get(request);
  if (!view) co_return std::move(view).problem();
  check_roles(provider.roles, "/roles", *(*view)->directory, faults);
  for (std::size_t i = 0; i < provider.claim_roles.size(); ++i)
    check_roles(provider.claim_roles[i].roles, "/claim_roles/" + std::to_string(i) + "/roles", *(*view)->directory,
                faults);
  auto before = co_await find(request, name);
  if (!before) co_return std::move(before).problem();
  if (provider.client_secret.empty() && provider.client_auth != oidc::ClientAuth::none) {
    if (*before && oidc::same_audience(**before, provider)) provider.client_secret = (*before)->client_secret;
    if (provider.client_secret.empty())
      faults.push_back({"/client_secret", "required",
                        "the client's secret is wanted: a new provider, or another issuer, client_id or origins"});
  }
  if (!faults.empty()) co_return invalid(faults);
  const std::vector<std::string> given = oidc::all_roles(provider);
  const auto subject = authz::Subject::of(request.tenant(), request.principal(), request.context().claims());
  if (!authz::Giving(*(*view)->directory, subject).may_give(given))
    co_return Reply::error(Code::denied, "role_above_own", "nobody gives or takes a role that opens more than his own");
  if (!*before) {
    auto others = co_await all(request);
    if (!others) co_return std::move(others).problem();
    if (others->size() >= most)
      co_return Reply::error(Code::exhausted, "too_many_providers", "a tenant has at most 32 providers")
          .with_status(409);
  }
  std::string secret = provider.client_secret;
  if (const tokens::Sealer* sealer = desk_.rings().sealer(); sealer != nullptr && !secret.empty()) {
    auto sealed = sealer->seal(secret, place_of(request.tenant(), name));
    if (!sealed) co_return std::move(sealed).error();
    secret = "sealed " + *sealed;
  }
  const std::uint64_t expect = *before ? (*before)->revision : 0;
  Batch batch;
  batch.put(collection::providers, name, expect, oidc::provider_document(provider, secret));
  auto written = co_await store_.write(request, batch.take());
  if (!written) co_return std::move(written).problem();
  provider.revision = expect + 1;
  host_.log(Level::info, request, "an OpenID provider was set", {{"provider", name}, {"by", caller_of(request).user}});
  co_return private_json(text_of(provider)).with_status(expect == 0 ? 201 : 200).with_etag(etag_of(provider));
}

// Whoever came by it stays, and comes in no more by it.
Task<Reply> ProviderApi::remove(Request request) {
  auto found = co_await find(request, std::string(request.param("provider")));
  if (!found) co_return std::move(found).problem();
  if (!*found) co_return unknown("provider");
  Batch batch;
  batch.remove(collection::providers, (*found)->name, (*found)->revision);
  auto written = co_await store_.write(request, batch.take());
  if (!written) co_return std::move(written).problem();
  co_return Reply().with_status(204);
}

Task<Reply> ProviderApi::check(Request request) {
  auto found = co_await find(request, std::string(request.param("provider")));
  if (!found) co_return std::move(found).problem();
  if (!*found) co_return unknown("provider");
  const std::string tenant(request.tenant());
  trust_.forget(tenant, **found);
  auto keys = co_await trust_.keys(tenant, *found, false);
  if (!keys) co_return Reply::error(Code::unavailable, "provider_unreachable", keys.error().message).with_status(502);
  std::size_t usable = 0;
  for (const jose::Key& key : (*keys)->keys())
    if (key.verifies() && !(key.algorithms() & (*found)->algorithms).empty()) ++usable;
  std::string text;
  json::Writer(text).begin_object().member("keys", static_cast<std::uint64_t>(usable)).end_object();
  if (usable == 0)
    co_return Reply::error(Code::unavailable, "provider_unreachable", "the provider has no key of an allowed algorithm")
        .with_status(502);
  co_return private_json(text);
}

}  // namespace socle::auth
