// warden.hpp: what roles and policies say about who may do what with a form's records, asked of auth/1. The form's own
// access rules come on top; both must agree. On the caller's worker.
//
// A caller without claims is the listener's own (a loopback listener that says who its callers are): no role is held,
// nothing is asked. Everybody else is asked about, and while auth/1 does not answer nobody is let in.
#pragma once

#include <socle/plugin.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "model/form.hpp"
#include "records/mask.hpp"
#include "service/asking.hpp"
#include "service/got.hpp"

namespace socle::forms {

// What holds of all records of a form, for one caller and one action.
struct Reach {
  bool certain = false;     // every record and every field: no record needs a decision
  bool nothing = false;     // no record at all
  std::string predicate;    // storage/1's filter as JSON; "": every record
  std::string remainder;    // CEL over `record`, of those; "": all of them
  std::string types;        // of the remainder's fields, JSON
  Masks masks;              // what some record may have to withhold
  bool exact_masks = true;  // every record withholds exactly these
};

class Warden {
 public:
  explicit Warden(Host& host);

  Task<Got<Reach>> reach(Request request, const Form& form, std::string_view action) const;
  // Whether the caller may do it with this record; the problem says why not. `record` and `old` are envelopes, JSON:
  // {id?, created_by?, …, doc}, the caller's until it is answered; `old` is "" but of an update.
  Task<Got<Masks>> decide(Request request, const Asking& asking, const Form& form, std::string_view action,
                          const std::string& record, const std::string& old) const;
  // What of a record the caller may not see or not write: of a new one (`stored` absent; `doc` as it comes), or of a
  // change of a stored one.
  Task<Got<Masks>> masks(Request request, const Asking& asking, const Form& form, const Reach& reach, json::View stored,
                         json::View doc) const;
  // What of a stored record the caller may not see; a problem when he may see none of it. `known`: the reach of
  // reading, where it was asked already.
  Task<Got<std::vector<std::string>>> sight(Request request, const Asking& asking, const Form& form, json::View item,
                                            const Reach* known) const;

 private:
  Host& host_;
  Target filter_, decide_;
};

// A stored item as auth/1 reads it.
[[nodiscard]] std::string envelope_of(json::View item);
// A record that is to be written: `doc` is its JSON text.
[[nodiscard]] std::string envelope_of(const RecordFacts& facts, std::string_view doc);

}  // namespace socle::forms
