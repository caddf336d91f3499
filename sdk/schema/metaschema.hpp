// metaschema.hpp: the standard's metaschemas compiled, to judge schemas with. Made at first use, kept for the life of
// the library; any thread.
#pragma once

#include "socle/schema/schema.hpp"

namespace socle::schema {

// The compiled metaschema of a draft, or nullptr for drafts that the library does not carry one of (4 and 6).
const Schema* compiled_metaschema(Draft draft);

}  // namespace socle::schema
