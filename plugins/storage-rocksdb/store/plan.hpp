// plan.hpp: how a query is answered: which index (or the collection in id order), which range of it, in which
// direction, whether that is already the wanted order, and what is left to check on each document. Any thread, pure.
#pragma once

#include <string>
#include <vector>

#include "contract/request.hpp"

namespace socle::storage {

struct QueryPlan {
  const Index* index = nullptr;  // nullptr: documents in id order
  std::string prefix;            // of all keys of the index, or of the collection's documents
  std::string bound;             // prefix and the fields fixed by equality
  std::size_t bound_fields = 0;
  std::string lower, upper;  // the range to walk
  bool ranged = false;       // a comparison narrows the field after the fixed ones
  bool reverse = false;
  bool sorted = false;  // walking gives the wanted order
  std::vector<const Predicate*> residual;
};

// All usable plans, the best first; the last resort (all documents in id order) is always among them.
[[nodiscard]] std::vector<QueryPlan> plan_query(std::uint64_t tenant, const Collection& collection,
                                                const QueryRequest& request);

}  // namespace socle::storage
