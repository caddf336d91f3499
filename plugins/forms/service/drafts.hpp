// drafts.hpp: records that somebody has begun to fill in and keeps for later: any JSON object, judged only when it is
// saved as a record, which takes the draft away in the same write. Everybody sees his own. Handlers of forms/1; each on
// the worker that got the request.
#pragma once

#include <socle/plugin.hpp>

#include <string>
#include <string_view>

#include "service/got.hpp"
#include "service/models.hpp"
#include "service/warden.hpp"

namespace socle::forms {

class Drafts {
 public:
  static constexpr std::uint64_t most = 100;  // of one form and person

  Drafts(Host& host, Models& models, const Warden& warden);

  Task<Reply> list(Request request);
  Task<Reply> create(Request request);
  Task<Reply> read(Request request);
  Task<Reply> replace(Request request);
  Task<Reply> remove(Request request);

  // Whether a draft of this name is the caller's, of this form.
  Task<Got<bool>> is_own(Request request, const std::string& form, const std::string& id);

 private:
  // What is read of drafts: those that are replaced, deleted or counted may be too large for what memory there is.
  enum class Part : std::uint8_t { whole, facts };  // facts: {owner, form}
  // The stored item; a problem when there is none that is the caller's.
  Task<Got<json::Document>> own(Request request, const std::string& form, const std::string& id, Part part);
  // The form's name, if the caller may make records of it.
  Task<Got<std::string>> open(Request request);
  Task<Got<json::Document>> all(Request request, const std::string& form, Part part);
  static void write_fields(json::Writer& out, Part part);
  Task<Reply> write(Request request, const std::string& form, const std::string& id, std::uint64_t version);

  Host& host_;
  Models& models_;
  const Warden& warden_;
  Target get_, query_, write_;
};

}  // namespace socle::forms
