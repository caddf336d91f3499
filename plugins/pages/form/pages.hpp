// pages.hpp: the pages of forms: list, record, filling in, deleting, and the answers to a page that is being filled in.
// Records are read and written by forms/1, in the name of whoever looks; the page itself is made from the same compiled
// form and the same logic. Each on the worker that got the request.
#pragma once

#include <mutex>
#include <unordered_map>

#include "form/edit.hpp"
#include "form/posted.hpp"
#include "service/asking.hpp"
#include "service/models.hpp"
#include "site/site.hpp"

namespace socle::pages {

class FormPages {
 public:
  FormPages(Host& host, const Site& site, forms::Models& models);
  // What is wrong with the plugin's settings, if anything is.
  [[nodiscard]] Status settings() const;

  Task<Reply> list(Request request);
  Task<Reply> blank(Request request);  // a new record's page
  Task<Reply> record(Request request);
  Task<Reply> edit(Request request);
  Task<Reply> submit(Request request);    // POST of a new or a stored record's page
  Task<Reply> evaluate(Request request);  // the same form while it is being filled in
  Task<Reply> ask_delete(Request request);
  Task<Reply> remove(Request request);
  Task<Reply> remove_draft(Request request);

 private:
  // A form, the stored record if the path names one, and what is to be shown of it.
  struct Open {
    forms::Served served;
    std::shared_ptr<const Plan> plan;
    json::Document item;  // the envelope; empty for a new record
    std::string doc = "{}";
    Faults faults;
    Candidates candidates;
    forms::Masks masks;
    Editing editing;
    int status = 200;
    [[nodiscard]] json::View stored() const { return item.root().find("doc"); }
  };
  using Opened = forms::Got<std::shared_ptr<Open>>;
  using Posted = std::shared_ptr<const page::FormBody>;

  Task<Opened> open(Request request, bool stored);
  // Of this form, which it keeps alive.
  [[nodiscard]] std::shared_ptr<const Plan> plan(const forms::FormPtr& form);
  Task<Reply> ask(Request request, const Target& target, socle::Meta meta, std::string text = {}, std::string key = {});
  Task<std::vector<page::Data>> drafts_of(Request request, const Plan& plan);
  Task<bool> fetch_candidates(Request request, Open& open);
  Task<bool> fetch_names(Request request, Open& open);
  [[nodiscard]] Reply show(const Request& request, Open& open) const;
  Task<Reply> save(Request request, std::shared_ptr<Open> open, Posted body);
  [[nodiscard]] forms::Call call_of(const forms::Asking& asking, const Open& open, json::View doc) const;
  // What is wrong with the draft, by the code that judges it when it is saved.
  [[nodiscard]] Faults judged(const Request& request, const Open& open) const;

  Host& host_;
  const Site& site_;
  forms::Models& models_;
  Task<Reply> keep(Request request, std::shared_ptr<Open> open);
  Target list_, read_, create_, replace_, remove_;
  Target drafts_, draft_, create_draft_, replace_draft_, masks_, remove_draft_;
  std::uint64_t fuel_;
  std::string zone_;  // of moments whose field names none
  // Keeps no form alive, for its tenant pays until it is gone: the plan only points to it.
  struct Laid {
    std::weak_ptr<const Form> form;
    std::shared_ptr<const Plan> plan;
  };
  std::mutex mutex_;
  std::unordered_map<const Form*, Laid> plans_;  // under mutex_
};

}  // namespace socle::pages
