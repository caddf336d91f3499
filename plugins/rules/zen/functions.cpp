// functions.cpp: the joined table.
#include "zen/functions.hpp"

#include <cassert>
#include <string>

namespace socle::rules {

void declare_zen_functions(cel::Environment& environment) {
  for (const auto rows : {zen::operator_rows(), zen::object_rows(), zen::text_rows(), zen::number_rows(),
                          zen::date_rows(), zen::moment_rows()})
    for (const auto& row : rows) {
      const auto status = environment.declare_function("zen." + std::string(row.name), row.signature, row.function);
      assert(status);
      (void)status;
    }
}

namespace zen {

cel::Value refuse(cel::Context& c, std::string_view message) {
  return c.error(cel::ErrorCode::invalid_argument, message);
}

}  // namespace zen
}  // namespace socle::rules
