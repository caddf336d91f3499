// records.hpp: the endpoints of records. Handlers of forms/1; each on the worker that got the request.
#pragma once

#include <socle/plugin.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "records/listing.hpp"
#include "service/drafts.hpp"
#include "service/models.hpp"
#include "service/saver.hpp"
#include "service/warden.hpp"

namespace socle::forms {

// The written document without what its writer may not see.
[[nodiscard]] std::string shown_text(const Row& row);

class Records {
 public:
  Records(Host& host, Models& models, Referrers& referrers)
      : host_(host),
        models_(models),
        warden_(host),
        saver_(host, warden_, models, referrers),
        drafts_(host, models, warden_) {}

  Task<Reply> create(Request request);
  Task<Reply> read(Request request);
  Task<Reply> replace(Request request);  // PUT
  Task<Reply> change(Request request);   // PATCH
  Task<Reply> remove(Request request);
  Task<Reply> validate(Request request);
  Task<Reply> batch(Request request);
  Task<Reply> list(Request request);
  // One piece of a stream: a page of storage, as CSV or JSON lines.
  Task<Reply> export_all(Request request);
  Task<Reply> import_all(Request request);
  // {hidden, read_only}: what whoever fills in the form (of record `id`, or anew) must not see or not write.
  Task<Reply> masks(Request request);
  [[nodiscard]] Drafts& drafts() { return drafts_; }

 private:
  struct Page;
  struct Importing;
  struct Changes;
  Task<std::optional<Reply>> import_block(Request request, const Asking& asking, const Served& served, Importing& work,
                                          std::size_t from);
  Task<Reply> save_one(Request request, const Asking& asking, const Served& served, Row& row, int status);
  using Handler = Task<Reply> (Records::*)(Request, const Served&);
  Task<Reply> with_form(Request request, Handler handler);
  Task<Reply> create_in(Request request, const Served& served);
  Task<Reply> read_in(Request request, const Served& served);
  Task<Reply> replace_in(Request request, const Served& served);
  Task<Reply> change_in(Request request, const Served& served);
  Task<std::optional<Reply>> made_before(Request request, const Asking& asking, const Served& served,
                                         const std::string& id);
  Task<Reply> change_stored(Request request, const Served& served, bool patch);
  Task<Reply> remove_in(Request request, const Served& served);
  Task<Reply> validate_in(Request request, const Served& served);
  Task<Reply> batch_in(Request request, const Served& served);
  Task<Reply> batch_again(Request request, const Asking& asking, const Served& served, json::View items,
                          json::View results);
  Task<Reply> list_in(Request request, const Served& served);
  Task<Reply> import_in(Request request, const Served& served);
  Task<Got<bool>> rows_of(Request request, const Asking& asking, const Served& served, json::View items, Changes& out);
  Task<Got<bool>> read_stored(Request request, const std::string& form, const std::vector<std::string>& ids,
                              std::string_view fields, std::vector<json::View>& found, Changes& out);
  // `plain`: who asks wants the records as they are, and takes Page::raw in place of Page::reply.
  Task<Got<Page>> page(Request request, const Served& served, Asking& asking, ListParams& params, bool plain);
  Task<Got<bool>> expand(Request request, const Asking& asking, const Form& form, const std::string& names,
                         const std::vector<json::View>& items, std::vector<std::string>& out);
  using Expanded = std::map<std::string, std::string, std::less<>>;  // by id: the record as JSON; "" for none
  Task<Got<bool>> fetch_expanded(Request request, const Asking& asking, const std::string& form, std::size_t most,
                                 Expanded& found);
  [[nodiscard]] static bool readable(const Form& form, const Asking& asking, json::View item);
  // A stored item as the caller may see it; a problem when he may not. The item itself where nothing is hidden of it.
  class Shown {
   public:
    explicit Shown(json::View item) : item_(item) {}
    explicit Shown(json::Document masked) : masked_(std::move(masked)) {}
    [[nodiscard]] json::View root() const { return masked_ ? masked_->root() : item_; }

   private:
    json::View item_;
    std::optional<json::Document> masked_;
  };
  // `known` as in Warden::sight.
  Task<Got<Shown>> shown_item(Request request, const Asking& asking, const Form& form, json::View item,
                              const Reach* known = nullptr) const;

  Host& host_;
  Models& models_;
  Warden warden_;
  Saver saver_;
  Drafts drafts_;
};

}  // namespace socle::forms
