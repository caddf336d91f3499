// referrers.hpp: which forms may have references with on_delete to which: asked when a record is deleted, so that not
// every form of the tenant must be looked at. A hint: what is published decides, and one too many does no harm.
// Noted when a form is compiled, thus before it can be published. On the caller's worker.
#pragma once

#include <socle/plugin.hpp>

#include <string>
#include <vector>

#include "model/form.hpp"
#include "service/got.hpp"

namespace socle::forms {

class Referrers {
 public:
  explicit Referrers(Host& host);

  // That this form refers to those that its references with on_delete name; in the tenant of the context.
  Task<Got<bool>> note(Context context, const Form& form);
  // Names of forms that may refer to this one.
  Task<Got<std::vector<std::string>>> of(Context context, const std::string& form);

 private:
  Host& host_;
  Target declare_, get_, query_, write_;
};

}  // namespace socle::forms
