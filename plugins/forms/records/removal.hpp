// removal.hpp: what of a stored record its deletion reads, so that a record that is too large to be read for what
// memory there is by now can still be deleted. Any thread.
#pragma once

#include <string>

#include "model/form.hpp"

namespace socle::forms {

// The `fields` of storage/1 as JSON: the facts, the fields that name files, what the access rule of deleting reads.
// Enough where no policy judges the record.
[[nodiscard]] std::string fields_of_removal(const Form& form);

}  // namespace socle::forms
