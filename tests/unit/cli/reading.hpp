// reading.hpp: JSON text as a View for the tests of views; the document lives as long as the object.
#pragma once

#include <catch2/catch.hpp>

#include "socle/json/document.hpp"

namespace socle::cli {

class Reading {
 public:
  explicit Reading(std::string_view text) {
    auto parsed = json::Document::parse(text);
    REQUIRE(parsed);
    document_ = std::move(*parsed);
  }
  operator json::View() const { return document_.root(); }

 private:
  json::Document document_;
};

}  // namespace socle::cli
