// import_overlaps.hpp: which rules of a DMN table overlap where its hit policy forbids it. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "table/diagnostic.hpp"

namespace socle::rules::dmn {

struct Overlaps {
  struct Column {
    std::string cel;   // as the table reads it
    std::string feel;  // as its author wrote it
  };
  std::vector<Column> columns;
  std::vector<std::string> places;  // of the rules

  // Warnings, by the static analysis of the table (its JSON form, with hit policy U or A), at the rules' places.
  void tell(std::string_view table, Diagnostics& diagnostics) const;
};

}  // namespace socle::rules::dmn
