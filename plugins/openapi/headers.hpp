// headers.hpp: the header fields that handlers read and write besides what a route declares. The kernel's catalogue
// does not know them, so the handlers of the plugins that ship are listed here. Private to document.cpp and
// operations.cpp. Pure; any thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace socle::openapi {

// Names live as long as the program.
struct Headers {
  std::vector<std::string_view> request, response;
};

// Of "forms/1" and "create"; empty for a handler that is not listed.
[[nodiscard]] Headers headers_of(std::string_view service, std::string_view handler);

// Where the document describes such a field of a request, of an answer: the text of a $ref.
[[nodiscard]] std::string request_field(std::string_view name);
[[nodiscard]] std::string answer_field(std::string_view name);

// Which fields operations refer to: names as headers_of() gives them.
struct HeaderUse {
  std::set<std::string_view> request, answer;
};

// The members "parameters" and "headers" of components: those in use only, since linters find unused ones.
[[nodiscard]] std::string header_components(const HeaderUse& used);

// The values that a parameter of this name admits; empty when anything of its type.
[[nodiscard]] std::vector<std::string_view> choices_of(std::string_view service, std::string_view handler,
                                                       std::string_view parameter);

}  // namespace socle::openapi
