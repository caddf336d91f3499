// operations.hpp: one operation of the document. Private to document.cpp. Pure; any thread.
#pragma once

#include <string>

#include "document.hpp"
#include "headers.hpp"

namespace socle::openapi {

struct Operation {
  std::string path, method;  // "/v1/forms/loan/records", "post"
  std::string text;          // the operation object
  std::string tag, tag_about;
  Headers headers;  // that it refers to
};

// `model`: the form or ruleset that the route's first parameter stands for here; nullptr: the route as it is.
// `twice`: this handler answers several routes, so the path is needed to tell them apart.
[[nodiscard]] Operation operation_of(json::View route, const Model* model, bool twice);

}  // namespace socle::openapi
