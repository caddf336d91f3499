// followers.hpp: the records that a deletion reaches through on_delete, prepared for its batch. Private to the saver.
#pragma once

#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "service/batch.hpp"
#include "service/presences.hpp"

namespace socle::forms {

// A field by which records of a form may name what is deleted.
struct Inbound {
  Served served;
  std::string pointer, path;
  OnDelete on_delete = OnDelete::keep;
};

struct Saver::Gone {
  std::pair<std::string, std::string> name;  // form, id
  std::size_t row = 0;                       // of the request, through which it goes
};

struct Saver::OfForm {  // the followers that are records of one form
  Served served;
  std::vector<Row> rows;                          // remove, or replace
  std::vector<std::vector<std::string>> cleared;  // of each: pointers to the fields that are emptied
  Batch batch;
};

struct Saver::Followers {
  using Name = std::pair<std::string, std::string>;  // form, id
  struct Guard {
    Name of;
    std::uint64_t version = 0;  // 0: there is none
  };
  std::map<std::string, OfForm> forms;
  std::vector<Guard> guards;  // of what is deleted and can be named
  [[nodiscard]] bool empty() const { return forms.empty() && guards.empty(); }

  bool many = false;  // pointers begin with the row's number
  Language language = Language::en;

  // The search.
  struct Cleared {
    json::View item;
    std::vector<std::string> pointers;
  };
  std::set<Name> written;  // what the request itself changes or deletes: its references are judged there
  std::vector<Gone> gone;
  std::map<Name, json::View> deleted;       // storage's items of those that go with them: by `removals` their fields
  std::map<std::string, Removal> removals;  // by form: of those
  std::map<Name, Cleared> cleared;
  std::map<std::pair<Name, std::string>, std::size_t> held;  // by a record's field with restrict: what row's
  std::map<std::string, std::vector<Inbound>> inbound;       // by form
  std::map<std::string, Served> served;
  std::size_t bytes = 0;                // of the answers kept
  std::list<json::Document> documents;  // into which the views point
};

}  // namespace socle::forms
