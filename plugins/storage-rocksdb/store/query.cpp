// Two ways to a page: a sorted plan is walked from the cursor until the page is full; an unsorted one is walked whole
// and the best are kept (page.hpp). Both look at most at scan_limit documents that they do not return: a query beyond
// it is refused or, when it is sorted and `partial`, ends its page behind the last document that it has looked at.
#include "store/query.hpp"

#include <algorithm>

#include "socle/json/document.hpp"
#include "store/page.hpp"
#include "store/plan.hpp"
#include "store/tenants.hpp"

namespace socle::storage {
namespace {

constexpr std::size_t count_sample = 1000;

enum class Stop : std::uint8_t { done, paused, too_broad, not_cached };

class Run {
 public:
  Run(State& state, const QueryRequest& request, const TenantSchema& schema, const Collection& collection, Reach reach)
      : state_(state), request_(request), schema_(schema), collection_(collection), reach_(reach) {
    const std::uint64_t fuel = reach == Reach::cached ? worker_fuel : query_fuel;
    if (request.remainder) remainder_.emplace(*request.remainder, request.remainder_values, fuel);
  }

  Result<Stop> fill(Page& page, const QueryPlan& plan, const std::optional<Place>& from) {
    examined_ = 0;
    if (plan.sorted) return walk(plan, from, [&](Hit& hit) { return page.add(std::move(hit)); });
    const std::string floor = from ? sort_key(request_, *from) : std::string();
    return walk(plan, std::nullopt, [&](Hit& hit) {
      hit.sort_key = sort_key(request_, hit.place);
      return (from && hit.sort_key <= floor) || page.add(std::move(hit));
    });
  }

  // How many match in all, looking at no more than `most`; `complete` false: at least. Where the index says all, its
  // entries are counted and no document is read (so none is missed either: that is verify's to find).
  Result<Stop> count(const QueryPlan& plan, std::size_t most, std::uint64_t& matches, bool& complete) {
    examined_ = 0;
    matches = 0;
    limit_ = most;
    entries_only_ = index_says_all(plan);
    auto stop = walk(plan, std::nullopt, [&](Hit&) {
      ++matches;
      return true;
    });
    limit_ = 0;
    entries_only_ = false;
    complete = stop && *stop == Stop::done;
    return stop;
  }
  [[nodiscard]] bool index_says_all(const QueryPlan& plan) const {
    return plan.index != nullptr && plan.residual.empty() && !remainder_;
  }
  [[nodiscard]] std::size_t examined() const { return examined_; }
  // The last document looked at by a walk that paused.
  [[nodiscard]] const Place& last() const { return last_; }

 private:
  // The key at which a sorted plan goes on after a place.
  [[nodiscard]] static std::string key_after(const QueryPlan& plan, const QueryRequest& request, const Place& place) {
    if (plan.index == nullptr) return plan.prefix + place.id;
    std::string out = plan.bound;
    bool missing = false;
    for (std::size_t f = plan.bound_fields; f < plan.index->fields.size(); ++f) {
      const IndexField& field = plan.index->fields[f];
      for (std::size_t i = 0; i < request.order.size(); ++i) {
        if (request.order[i].path != field.path) continue;
        const std::size_t at = out.size();
        out.append(place.fields[i]);
        missing = missing || place.fields[i].starts_with(missing_tag);
        if (field.descending) invert(out, at);
        break;
      }
    }
    if (!plan.index->unique || missing) put_entry_tail(out, *plan.index, place.id);
    return out;
  }

  void start(Cursor& cursor, const QueryPlan& plan, const std::optional<Place>& from) const {
    if (!from) return plan.reverse ? cursor.seek_to_last() : cursor.seek(plan.lower);
    const std::string key = key_after(plan, request_, *from);
    if (plan.reverse) {
      cursor.seek_for_prev(key);
      if (cursor.valid() && cursor.key() == key) cursor.prev();
    } else {
      cursor.seek(key);
      if (cursor.valid() && cursor.key() == key) cursor.next();
    }
  }

  template <class Take>
  Result<Stop> walk(const QueryPlan& plan, const std::optional<Place>& from, const Take& take) {
    if (!plan.upper.empty() && plan.lower >= plan.upper) return Stop::done;
    // Entries and documents must be of one moment, or a changed document could come back that no longer matches.
    const auto snapshot = plan.index != nullptr ? state_.kv.snapshot() : nullptr;
    const auto cursor = state_.kv.cursor(plan.lower, plan.upper, reach_, snapshot.get());
    const std::size_t most = limit_ != 0 ? limit_ : state_.settings.scan_limit + request_.limit;
    const bool may_pause = request_.partial && plan.sorted && limit_ == 0;
    std::size_t examined = 0, bytes = 0;
    for (start(*cursor, plan, from); cursor->valid(); plan.reverse ? cursor->prev() : cursor->next()) {
      examined_ = ++examined;
      const bool too_much = examined > worker_scan + request_.limit || bytes > worker_bytes;
      if (reach_ == Reach::cached && too_much) return Stop::not_cached;
      if (examined > most) return may_pause ? Stop::paused : Stop::too_broad;
      if (entries_only_) {
        take(hit_);
        continue;
      }
      auto matched = look(plan, *cursor, snapshot.get());
      if (!matched) return std::move(matched).error();
      if (*matched == Seen::not_cached) return Stop::not_cached;
      if (*matched == Seen::spent) {
        if (reach_ == Reach::cached) return Stop::not_cached;
        return may_pause && examined > 1 ? Stop::paused : Stop::too_broad;
      }
      if (may_pause) last_ = hit_.place;
      bytes += hit_.value.size();
      if (*matched == Seen::match && !take(hit_)) return Stop::done;
    }
    if (cursor->not_cached()) return Stop::not_cached;
    if (auto ended = cursor->status(); !ended) return std::move(ended).error();
    return Stop::done;
  }

  enum class Seen : std::uint8_t { match, other, not_cached, spent };

  Result<Seen> look(const QueryPlan& plan, const Cursor& cursor, const Snapshot* snapshot) {
    if (plan.index == nullptr) {
      hit_.place.id = cursor.key().substr(plan.prefix.size());
      hit_.value = cursor.value();
    } else {
      auto id = id_of_entry(*plan.index, cursor.key(), plan.prefix.size(), cursor.value());
      if (!id) return std::move(id).error();
      hit_.place.id = std::move(*id);
      auto read =
          state_.kv.get(document_key(schema_.tenant, collection_.number, hit_.place.id), hit_.value, reach_, snapshot);
      if (!read) return std::move(read).error();
      if (*read == Read::not_cached) return Seen::not_cached;
      if (*read == Read::missing) {
        // The collection may have been dropped since the schema was read: then the entry is one that a range took.
        read = state_.kv.get(cursor.key(), hit_.value, reach_, snapshot);
        if (!read) return std::move(read).error();
        if (*read != Read::found) return *read == Read::missing ? Seen::other : Seen::not_cached;
        return Error{Code::data_loss, "index \"" + plan.index->name + "\" of collection \"" + collection_.name +
                                          "\" names a document that is not there: run verify, then restore"};
      }
    }
    auto record = decode_record(hit_.value);
    if (!record) return std::move(record).error();
    RecordView view{hit_.place.id, record->version, record->created_ms, record->updated_ms, {}};
    if (!plan.residual.empty() || !request_.order.empty() || request_.remainder) {
      auto doc = parser_.flatten(record->text);
      if (!doc) return Error{Code::data_loss, "a stored document is not JSON: restore from a backup"};
      view.doc = json::open(*doc);
    }
    // A partial page may end behind a document that does not match, so all have their place.
    if (request_.partial) write_place(view);
    if (!std::all_of(plan.residual.begin(), plan.residual.end(), [&](auto* p) { return p->holds(view); }))
      return Seen::other;
    if (remainder_) {
      const auto result = remainder_->check(view);
      if (result != RemainderCheck::Result::holds)
        return result == RemainderCheck::Result::spent ? Seen::spent : Seen::other;
    }
    if (!request_.partial) write_place(view);
    return Seen::match;
  }

  void write_place(const RecordView& view) {
    hit_.place.fields.clear();
    for (const auto& order : request_.order) {
      auto& bytes = hit_.place.fields.emplace_back();
      if (encode_path(bytes, order.type, order.path, view) == Fit::other) encode_missing(bytes);
    }
  }

  State& state_;
  const QueryRequest& request_;
  const TenantSchema& schema_;
  const Collection& collection_;
  Reach reach_;
  json::Parser parser_;
  std::optional<RemainderCheck> remainder_;
  Hit hit_;
  Place last_;
  std::size_t examined_ = 0;
  std::size_t limit_ = 0;      // of count(); 0: the page's
  bool entries_only_ = false;  // of count()
};

Problem too_broad(const State& state) {
  Problem out = problem_at(Code::invalid, "filter_too_broad", "/filter",
                           "the query would look at more than " + std::to_string(state.settings.scan_limit) +
                               " documents, or spend more on its remainder than a query may: narrow the filter, or "
                               "declare an index for its fields or its order");
  out.http_status = 422;
  return out;
}

void write_plan(json::Writer& out, const QueryPlan& plan, bool remainder, std::size_t examined) {
  out.key("plan").begin_object();
  out.member("access", plan.index == nullptr ? "documents in id order" : "index");
  if (plan.index != nullptr) {
    out.member("index", plan.index->name).member("equal_fields", plan.bound_fields).member("range", plan.ranged);
  }
  out.member("reverse", plan.reverse).member("sorted", plan.sorted);
  out.member("residual", plan.residual.size()).member("remainder", remainder);
  out.member("examined", examined).end_object();
}

}  // namespace

std::optional<Answer> run_query(State& state, const Call& call, const TenantSchema& schema, Reach reach) {
  const auto name = call.request.find("collection").as_string();
  const Collection* collection = schema.find(name);
  if (collection == nullptr) {
    return Answer(problem_at(Code::not_found, "unknown_collection", "/collection",
                             "collection \"" + std::string(name) + "\" is not declared: declare it first"));
  }
  auto parsed = parse_query(call.request, *collection, call.remainder);
  if (!parsed) return Answer(std::move(parsed).problem());
  const QueryRequest& request = *parsed;
  auto from = decode_cursor(request);
  if (!from) return Answer(std::move(from).problem());
  const auto fail = [&](const Error& error) { return Answer(Outcome<Done>(state.note(error)).problem()); };

  const auto plans = plan_query(schema.tenant, *collection, request);
  Run run(state, request, schema, *collection, reach);
  const QueryPlan* plan = &plans[0];
  Page page(request.limit, plan->sorted);
  auto stop = run.fill(page, *plan, *from);
  if (stop && *stop == Stop::too_broad && !plan->sorted) {
    // An order that must be sorted in memory needs all matches; a plan that walks in that order may need few.
    const auto other = std::find_if(plans.begin(), plans.end(), [](const QueryPlan& p) { return p.sorted; });
    if (other != plans.end()) {
      plan = &*other;
      page = Page(request.limit, true);
      stop = run.fill(page, *plan, *from);
    }
  }
  if (!stop) return fail(stop.error());
  if (*stop == Stop::not_cached) return std::nullopt;
  const std::size_t examined = run.examined();
  if (*stop == Stop::too_broad) {
    Answer refused(too_broad(state));
    refused.looked_at = examined;
    return refused;
  }
  page.close();

  std::string text = "{\"items\":[";
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (i > 0) text.push_back(',');
    const Hit& hit = page.hits()[i];
    auto record = decode_record(hit.value);
    if (auto written = append_record(text, hit.place.id, *record, request.fields); !written)
      return fail(written.error());
  }
  text.append("],\"next\":");
  if (page.more() || *stop == Stop::paused) {
    const Place& end = page.more() ? page.hits()[page.size() - 1].place : run.last();
    text.append("\"").append(encode_cursor(request.shape, end)).append("\"");
  } else {
    text.append("null");
  }
  if (request.count != Count::none) {
    bool exact = true;
    std::uint64_t matches = 0;
    std::string value;
    auto read = state.kv.get(key_of(Space::counter, schema.tenant, collection->number), value, reach);
    if (!read) return fail(read.error());
    if (*read == Read::not_cached) return std::nullopt;
    auto counter = *read == Read::found ? decode_counter(value) : Counter{};
    if (!counter) return fail(counter.error());
    const auto all = static_cast<std::uint64_t>(counter->documents);
    if (request.filter.op == Predicate::Op::all && request.filter.args.empty() && !request.remainder) {
      matches = all;
    } else {
      const bool wants_exact = request.count == Count::exact;
      const bool far = wants_exact || run.index_says_all(plans[0]);
      auto counted = run.count(plans[0], far ? state.settings.scan_limit : count_sample, matches, exact);
      if (!counted) return fail(counted.error());
      if (*counted == Stop::not_cached) return std::nullopt;
      if (wants_exact && !exact) return Answer(too_broad(state));
      // The first documents by id stand for all; the first entries of an index say nothing of how many more there are.
      if (!exact && plans[0].index == nullptr) matches = matches * all / count_sample;
    }
    text.append(",\"count\":").append(std::to_string(matches));
    text.append(",\"count_exact\":").append(exact ? "true" : "false");
  }
  if (request.explain) {
    std::string explained;
    json::Writer out(explained);
    out.begin_object();
    write_plan(out, *plan, request.remainder != nullptr, examined);
    out.end_object();
    text.append(",").append(explained, 1, explained.size() - 2);
  }
  text.push_back('}');
  Answer answer(std::move(text));
  answer.looked_at = examined;
  return answer;
}

}  // namespace socle::storage
