// templates.hpp: the gallery: models to begin with, shipped as data (../templates, one file a model) and linked in by
// the build. Any worker.
#pragma once

#include <socle/plugin.hpp>

#include <span>
#include <string_view>

namespace socle::models {

struct Template {
  std::string_view kind, name, text;
};
[[nodiscard]] std::span<const Template> gallery();  // written by the build

// All with their titles, or, with kind and name, one with its text.
[[nodiscard]] Reply template_reply(Request request);

}  // namespace socle::models
