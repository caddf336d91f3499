// edit.hpp: the page of a form that is being filled in, as data for the template `edit`. Pure; any thread.
#pragma once

#include "form/view.hpp"

namespace socle::pages {

struct Editing {
  std::size_t step = 0;
  std::string id;       // of a stored record; "" while it is new
  std::string version;  // of the stored record
  std::string key;      // Idempotency-Key of a new one
  std::string draft;    // of a new one that was kept for later
  std::string record_title;
};

[[nodiscard]] page::Data edit_data(const Shown& shown, const Editing& editing);

// What a record is called: the first column's value, else its id's last part.
[[nodiscard]] std::string title_of(const Plan& plan, json::View doc, std::string_view id, Language language);

}  // namespace socle::pages
