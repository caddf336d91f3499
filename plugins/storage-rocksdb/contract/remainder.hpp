// remainder.hpp: the seam for the part of a filter that no predicate tree can say. compile_remainder() is the one
// function to replace when Socle::cel is linked; whatever it makes is evaluated inside the adapter, after the tree, and
// counts against the scan limit like any residual filter.
#pragma once

#include <memory>

#include "contract/field.hpp"
#include "contract/schema.hpp"

namespace socle::storage {

class Remainder {
 public:
  virtual ~Remainder() = default;
  // An error excludes the record (docs/storage.md, "Filters").
  [[nodiscard]] virtual bool holds(const RecordView& record) const = 0;
};
using RemainderPtr = std::shared_ptr<const Remainder>;

// nullptr when the request has none.
inline Outcome<RemainderPtr> compile_remainder(json::View remainder, const Collection&) {
  if (!remainder.exists()) return RemainderPtr{};
  return problem_at(Code::unsupported, "remainder_unsupported", "/remainder",
                    "this store evaluates no CEL remainder: express the filter as a predicate tree");
}

}  // namespace socle::storage
