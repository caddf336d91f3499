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

std::shared_ptr<const cel::Environment> zen_environment() {
  static const auto shared = [] {
    cel::Options options;
    options.mixed_numbers = true;
    auto out = std::make_shared<cel::Environment>(options);
    declare_zen_functions(*out);
    return out;
  }();
  return shared;
}

namespace zen {

cel::Value refuse(cel::Context& c, std::string_view message) {
  return c.error(cel::ErrorCode::invalid_argument, message);
}

}  // namespace zen
}  // namespace socle::rules
