// headers.hpp: the header fields that handlers read and write besides what a route declares. The kernel's catalogue
// does not know them, so the handlers of the plugins that ship are listed here. Private to document.cpp and
// operations.cpp. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace socle::openapi {

struct Headers {
  std::vector<std::string_view> request, response;
};

// Of "forms/1" and "create"; empty for a handler that is not listed.
[[nodiscard]] Headers headers_of(std::string_view service, std::string_view handler);

// Where the document describes such a field of a request, of an answer: the text of a $ref.
[[nodiscard]] std::string request_field(std::string_view name);
[[nodiscard]] std::string answer_field(std::string_view name);

// The members "parameters" and "headers" of components: what `text` refers to, since linters find unused ones.
[[nodiscard]] std::string header_components(std::string_view text);

// The values that a parameter of this name admits; empty when anything of its type.
[[nodiscard]] std::vector<std::string_view> choices_of(std::string_view service, std::string_view handler,
                                                       std::string_view parameter);

}  // namespace socle::openapi
