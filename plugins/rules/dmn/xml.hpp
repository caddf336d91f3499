// xml.hpp: an XML text as a tree, for the import of DMN. Local names only: namespaces say which version, not what. The
// XML library stays in xml.cpp. Documents with a DOCTYPE are refused, so nothing can be declared that expands.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socle/result.hpp"

namespace socle::rules::dmn {

struct Element {
  std::string name;
  std::map<std::string, std::string, std::less<>> attributes;
  std::string text;  // directly inside, trimmed
  std::uint64_t line = 0;
  std::vector<std::unique_ptr<Element>> children;

  [[nodiscard]] const Element* child(std::string_view wanted) const;
  [[nodiscard]] std::string attribute(std::string_view wanted) const;
  // The text of the child `wanted`, or of its own child "text".
  [[nodiscard]] std::string text_of(std::string_view wanted) const;
};

// At most 4 MiB and 64 levels. Code::invalid: "line 12: …".
[[nodiscard]] Result<std::unique_ptr<Element>> parse_xml(std::string_view text);

}  // namespace socle::rules::dmn
