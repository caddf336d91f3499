// texts.hpp: the texts of the pages, and the files they are made of, embedded at build time. Any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "socle/page/messages.hpp"
#include "socle/page/template.hpp"

namespace socle::pages {

[[nodiscard]] const page::Messages& messages();
// assets/*.html by their name without ".html".
[[nodiscard]] std::span<const page::Source> template_sources();

struct Asset {
  std::string_view name, type, body;
};
[[nodiscard]] std::span<const Asset> assets();
// "/assets/app.1f2e3d4c5b6a7988.css": another content has another address, so it may be kept for ever.
[[nodiscard]] std::string address_of(const Asset& asset);

}  // namespace socle::pages
