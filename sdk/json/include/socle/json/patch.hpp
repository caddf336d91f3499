// patch.hpp: changing documents. A document is immutable, so each of these makes a new one and leaves its inputs alone:
// all or nothing. Any thread.
#pragma once

#include <cstddef>

#include "socle/json/document.hpp"
#include "socle/json/view.hpp"
#include "socle/result.hpp"

namespace socle::json {

struct PatchOptions {
  std::size_t max_operations = 10'000;
  // Values created, copied, moved aside or compared in all; what stops a patch that doubles the document each step.
  std::size_t max_work = 10'000'000;
};

// RFC 6902. Code::invalid: the patch itself is malformed; conflict: it does not fit the document (a path that is not
// there, a failed test); too_large: over the limits. The message begins "operation 3 (replace /a/b): ".
[[nodiscard]] Result<Document> apply_patch(View document, View patch, const PatchOptions& options = {});

// RFC 7396.
[[nodiscard]] Result<Document> merge_patch(View document, View patch);

// A JSON Patch (an array of operations) that turns `from` into a value equal to `to`; [] when they are equal (as
// values: 1 and 1.0 do not differ). Where single changes would make a longer text than replacing a value, it is
// replaced.
[[nodiscard]] Document diff(View from, View to);

}  // namespace socle::json
