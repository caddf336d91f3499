// links.cpp: accounts of OpenID providers that a person comes in by. See account.hpp.
#include "account/account.hpp"

namespace socle::pages {

Task<Reply> Account::add_links(Request request, page::Data& data, std::string what, std::string fault) {
  const Reply own = co_await auth_.ask(request, "oidc_links");
  if (!own) co_return own;
  socle::Meta meta{{"tenant", request.tenant()}};
  const Reply all = co_await auth_.ask(request, "oidc_choices", {}, std::move(meta));
  if (!all) co_return all;
  const auto linked = json::Document::parse(own.text());
  const auto choices = json::Document::parse(all.text());
  if (!linked || !choices) co_return no_json();
  const Input present{"password",
                      site_.word(request, "present_password"),
                      "password",
                      "current-password",
                      site_.word(request, "present_password_hint"),
                      {},
                      {},
                      false};
  const auto form = [&](std::string action, std::string_view label) {
    const Ask ask{action, label, {present}, what == action ? fault : std::string(), {}, {}, false, {}};
    page::Data one = data_of(ask);
    one.flag("open", what == action);
    return one;
  };
  std::vector<page::Data> accounts, more;
  for (const auto item : linked->root().find("items").elements()) {
    page::Data one =
        form("/account/links/" + std::string(item.find("id").as_string()) + "/remove", site_.word(request, "unlink"));
    one.text("provider", std::string(item.find("provider").as_string()))
        .text("subject", std::string(item.find("subject").as_string()))
        .text("since", day_of(item.find("linked_at").as_string()));
    accounts.push_back(std::move(one));
  }
  for (const auto item : choices->root().find("items").elements()) {
    page::Data one =
        form("/account/links/" + std::string(item.find("provider").as_string()), site_.word(request, "onward"));
    one.text("summary", site_.filled(request, "link_account", {item.find("title").as_string()}));
    more.push_back(std::move(one));
  }
  page::Data links;
  links.list("accounts", std::move(accounts)).list("more", std::move(more));
  if (linked->root().find("items").size() + choices->root().find("items").size() != 0)
    data.one("links", std::move(links));
  co_return Reply();
}

// A page with a link, not a redirect: what a form may be sent to, redirects included, is this site (form-action).
Task<Reply> Account::link(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const std::string provider(request.param("provider"));
  socle::Meta meta{{"id", provider}, {"return_to", "/account?done=linked"}};
  std::string asked = object_of({{"password", body->text("password")}});
  const Reply begun = co_await auth_.ask(request, "oidc_begin_link", std::move(asked), std::move(meta));
  if (begun.code() == Code::not_found) co_return site_.problem(request, begun, "/account");
  if (!begun) {
    std::string place = "/account/links/" + provider, why = first_fault(begun);
    co_return co_await overview(request, std::move(place), std::move(why), status_of(begun));
  }
  const auto answer = json::Document::parse(begun.text());
  if (!answer) co_return site_.problem(request, no_json());
  const std::string title(site_.word(request, "link_go"));
  page::Data data;
  data.view("title", title)
      .view("text", site_.word(request, "link_go_text"))
      .view("href", answer->root().find("location").as_string());
  co_return site_.page(request, {"leave", title, Part::account, 200, false}, std::move(data))
      .with_header("set-cookie", begun.meta("http.header.set-cookie"));
}

Task<Reply> Account::unlink(Request request) {
  Reply refused;
  const auto body = posted(site_, request, refused);
  if (!body) co_return refused;
  const std::string id(request.param("id"));
  socle::Meta meta{{"id", id}};
  std::string asked = object_of({{"password", body->text("password")}});
  const Reply gone = co_await auth_.ask(request, "oidc_unlink", std::move(asked), std::move(meta));
  if (gone) co_return Site::go("/account", "removed");
  if (gone.code() == Code::not_found) co_return site_.problem(request, gone, "/account");
  std::string place = "/account/links/" + id + "/remove", why = first_fault(gone);
  co_return co_await overview(request, std::move(place), std::move(why), status_of(gone));
}

}  // namespace socle::pages
