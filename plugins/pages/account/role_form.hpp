// role_form.hpp: a role of a tenant's own as a form shows it, from what is stored or from what was posted, and back to
// the JSON that auth/1 takes. Inputs are called by their pointers in that JSON without the first slash
// (`grants/0/when`), so that its faults find them. Knows no request; any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "socle/json/view.hpp"
#include "socle/page/data.hpp"
#include "socle/page/form_body.hpp"

namespace socle::pages {

struct RoleForm {
  // Lists are texts: words by spaces, `hidden` and `read_only` a pointer a line.
  struct Grant {
    std::string permissions, resources, scope, unit, when, hidden, read_only;
    [[nodiscard]] bool blank() const;
  };
  std::vector<std::pair<std::string, std::string>> titles;  // language ("": for all) and text
  std::string inherits, permissions;
  bool second_factor = false;
  std::vector<Grant> grants;

  // As auth/1 shows the role.
  [[nodiscard]] static RoleForm of(json::View role);
  // As it was posted, rows that are blank among it.
  [[nodiscard]] static RoleForm of(const page::FormBody& body);
  void drop_blank_grants();
  [[nodiscard]] std::string text(std::string_view name) const;  // JSON; what says nothing is left out
};

// (input, message) of each fault of `put_role`; of what is no input of this role, ("", pointer and message).
using RoleFaults = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] RoleFaults role_faults(std::string_view errors, const RoleForm& form);

using Word = std::function<std::string_view(std::string_view key)>;
// Of the template `role`: fields, second_factor, grants, others.
[[nodiscard]] page::Data data_of(const RoleForm& form, const RoleFaults& faults, const Word& word);

}  // namespace socle::pages
