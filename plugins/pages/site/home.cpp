#include "site/home.hpp"

namespace socle::pages {
namespace {

constexpr std::size_t most_tiles = 100;

}  // namespace

Task<Reply> Home::show(Request request) {
  const socle::Meta kind{{"kind", "forms"}};
  const Payload asked = Payload::make({}, Media::none, kind);
  const Reply listed = co_await host_.call(request, list_, asked);
  if (!listed) co_return site_.problem(request, listed);
  const auto answer = json::Document::parse(listed.text());
  if (!answer) co_return site_.problem(request, Reply::error(Code::internal, "internal", "models/1 answered no JSON"));
  const auto language = forms::language_of(request.header("accept-language"));
  std::vector<page::Data> tiles;
  bool more = false;
  for (const auto item : answer->root().find("items").elements()) {
    if (!item.find("version").exists() || item.find("retired").as_bool()) continue;
    more = tiles.size() == most_tiles;
    if (more) break;
    const std::string name(item.find("name").as_string());
    auto served = co_await models_.find(request, name);
    if (!served) continue;  // retired since it was listed
    const auto& form = *served->form;
    page::Data tile;
    const std::string title = form.title().empty() ? name : form.title().in(language);
    tile.text("name", name).text("title", title).text("describe", form.describe().in(language));
    tile.text("version", served->version).text("fill_in", std::string(site_.word(request, "fill_in")) + ": " + title);
    tiles.push_back(std::move(tile));
  }
  page::Data data;
  data.list("forms", std::move(tiles)).flag("more", more);
  co_return site_.page(request, {"home", std::string(site_.word(request, "forms")), Part::forms, 200, false},
                       std::move(data));
}

}  // namespace socle::pages
