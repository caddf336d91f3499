// metaschema_texts.hpp: the texts of the standard's metaschemas, one function a draft. Constant data.
#pragma once

#include <span>
#include <string_view>

namespace socle::schema {

std::span<const std::string_view> metaschemas_2020_12();
std::span<const std::string_view> metaschemas_2019_09();
std::span<const std::string_view> metaschemas_07();

}  // namespace socle::schema
