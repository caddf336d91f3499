// registry.cpp: reading what is kept, laying the layers over each other, and keeping what changed; what operators ask
// for is in changes.cpp, what they and workers see in report.cpp.
#include "tenants/registry.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "manifest/problems.hpp"
#include "telemetry/log.hpp"

namespace socle::tenants {
namespace {

constexpr size_t journal_slack = 1 << 20;  // bytes the journal may grow beyond twice what it says
constexpr size_t retired_at_once = 256;
constexpr size_t max_levels = size_t{1} << 31U;

template <class F>
void each_line(std::string_view text, F&& visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Result<std::unique_ptr<Registry>> Registry::open(const std::filesystem::path& folder,
                                                 const manifest::SystemManifest& system) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{Code::unavailable, "tenants' folder " + folder.string() + ": " + error.message()};
  std::unique_ptr<Registry> registry(new Registry(folder));
  auto journal =
      Journal::open(folder / "journal", [&registry](std::string_view body) { return registry->replay(body); });
  if (!journal) return std::move(journal).error().context("tenants");
  registry->journal_.emplace(std::move(*journal));
  registry->compact_size_ = registry->journal_->size();
  registry->mend();
  if (auto fit = registry->fits(system); !fit) return std::move(fit).error();
  registry->declare(system);
  registry->read_levels();
  return registry;
}

Registry::~Registry() {
  if (auto kept = housekeep(); !kept) telemetry::Log::get().write(telemetry::Level::warn, kept.error().message);
}

Status Registry::replay(std::string_view body) {
  Status outcome;
  each_line(body, [&](std::string_view line) {
    if (outcome) outcome = replay_line(line);
  });
  return outcome;
}

Status Registry::replay_line(std::string_view line) {
  const auto words = words_of(line);
  const bool known = words.size() >= 2 && (words[0] == "+" || words[0] == "-");
  if (!known || !id_problem(words[1]).empty())
    return Error{Code::data_loss, "expected '+ TENANT …' or '- TENANT', found " + manifest::in_quotes(line)};
  if (words[0] == "-") {
    if (Tenant* gone = table_.find(words[1]); gone != nullptr) {
      gone->own.reset();
      gone->deleting = false;
      drop_if_unknown(*gone);
    }
    return {};
  }
  auto own = std::make_unique<Settings>();
  bool deleting = false;
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "state=deleting") {
      deleting = true;
    } else if (words[i] == "state=suspended" || words[i] == "state=active") {
      own->suspended = words[i] == "state=suspended";
    } else if (auto taken = own->take_kept(words[i]); !taken) {
      return std::move(taken).error().context("tenant '" + std::string(words[1]) + "'");
    }
  }
  Tenant& tenant = make(words[1]);
  tenant.own = std::move(own);
  tenant.deleting = deleting;
  return {};
}

// An earlier version took numbers that take() refuses, in_flight=0 among them. Told at a start that finds such in the
// journal: until the tenant is changed, or the journal is written anew, which keeps the numbers that hold.
void Registry::mend() {
  size_t count = 0;
  std::string first, what;
  table_.each([&](const Tenant& t) {
    std::string mended = t.own ? t.own->mend() : "";
    if (mended.empty() || (count++ > 0 && t.id > first)) return;
    first = t.id;
    what = std::move(mended);
  });
  if (count == 0) return;
  telemetry::Log::get().write(telemetry::Level::warn,
                              "limits of tenants are out of the range that can be set; the nearest within it hold",
                              {{"tenants", std::to_string(count)}, {"tenant", first}, {"limits", what}});
}

// Levels are a report, not a decision: a file that is missing or damaged is started afresh.
void Registry::read_levels() {
  const auto text = base::read_file(levels_file_, max_levels);
  if (!text) return;
  const Framed frame = read_frame(*text);
  if (!frame.whole)
    return telemetry::Log::get().write(telemetry::Level::warn, "the tenants' levels are not whole and start afresh",
                                       {{"file", levels_file_.string()}});
  each_line(frame.body, [this](std::string_view line) {
    const auto words = words_of(line);
    Tenant* tenant = words.empty() ? nullptr : table_.find(words[0]);
    for (size_t i = 1; tenant != nullptr && i < words.size(); ++i) {
      const size_t equals = words[i].find('=');
      const auto level =
          equals == std::string_view::npos ? std::nullopt : manifest::parse_number(words[i].substr(equals + 1));
      const uint16_t name = level ? names_.number(words[i].substr(0, equals)) : MeterNames::none;
      if (name != MeterNames::none) tenant->meters.set(name, *level);
    }
  });
}

Status Registry::commit(const std::string& body) {
  const auto everything = [this] { return whole(); };
  return journal_->append(body, everything);
}

std::string Registry::whole() const {
  std::string out;
  table_.each([&out](const Tenant& t) {
    if (t.own || t.deleting) out += journal_line(t.id, t.own ? *t.own : Settings(), t.deleting) + "\n";
  });
  return out;
}

Tenant& Registry::make(std::string_view id) {
  Tenant* tenant = table_.find(id);
  return tenant != nullptr ? *tenant : *table_.add(id, retired_);
}

const manifest::Tenant* Registry::declaration(std::string_view id) const {
  const auto it = declared_.find(std::string(id));
  return it != declared_.end() ? &it->second : nullptr;
}

std::shared_ptr<const Terms> Registry::terms_of(const Tenant& tenant) const {
  const manifest::Tenant* entry = tenant.declared ? declaration(tenant.id) : nullptr;
  std::string plan;
  if (entry != nullptr && entry->plan) plan = *entry->plan;
  if (tenant.own && tenant.own->plan) plan = *tenant.own->plan;
  const auto base = plans_.find(plan);
  const bool plain = (entry == nullptr || entry->limits.empty()) && (!tenant.own || tenant.own->limits.empty());
  if (plain && base != plans_.end()) return base->second;
  Numbers numbers;
  if (base != plans_.end()) numbers.insert(base->second->limits.begin(), base->second->limits.end());
  if (entry != nullptr) {
    for (const auto& [name, number] : entry->limits) numbers[name] = number;
  }
  if (tenant.own) {
    for (const auto& [name, number] : tenant.own->limits) numbers[name] = number;
  }
  auto terms = std::make_shared<Terms>();
  terms->plan = plan;
  terms->limits.assign(numbers.begin(), numbers.end());
  return terms;
}

// Brings what workers see in line with the layers.
void Registry::refresh(Tenant& tenant) {
  auto terms = terms_of(tenant);
  const manifest::Tenant* entry = tenant.declared ? declaration(tenant.id) : nullptr;
  const bool suspended =
      tenant.own && tenant.own->suspended ? *tenant.own->suspended : entry != nullptr && entry->suspended;
  tenant.standing.store(tenant.deleting ? Standing::deleting
                        : suspended     ? Standing::suspended
                                        : Standing::active,
                        std::memory_order_release);
  if (terms == tenant.kept_terms) return;
  tenant.terms.store(terms.get(), std::memory_order_release);
  if (tenant.kept_terms) retired_.push_back(std::move(tenant.kept_terms));
  tenant.kept_terms = std::move(terms);
  if (on_terms) on_terms(tenant.id, *tenant.kept_terms);
}

void Registry::drop_if_unknown(Tenant& tenant) {
  if (tenant.own || tenant.declared || tenant.deleting) return;
  if (on_terms) on_terms(tenant.id, Terms());
  if (on_gone) on_gone(tenant.id);
  table_.remove(tenant, retired_);
}

void Registry::declare(const manifest::SystemManifest& system) {
  system_file_ = system.file;
  declared_ = system.tenants;
  // A listener that stands for a tenant declares it.
  for (const auto& [name, listener] : system.listeners) {
    if (listener.tenant) declared_.try_emplace(*listener.tenant);
  }
  auto plans = std::exchange(plans_, {});
  plans_[""] = plans.contains("") ? plans[""] : std::make_shared<Terms>();
  for (const auto& [name, numbers] : system.plans) {
    Terms terms{name, {numbers.begin(), numbers.end()}};
    const auto same = plans.find(name);
    const bool kept = same != plans.end() && same->second->limits == terms.limits;
    plans_[name] = kept ? same->second : std::make_shared<Terms>(std::move(terms));
  }
  // fits() was asked a moment ago; whoever moved a tenant to a dropped plan since keeps what it meant.
  table_.each([&](const Tenant& t) {
    if (t.own && t.own->plan && plans.contains(*t.own->plan)) plans_.try_emplace(*t.own->plan, plans[*t.own->plan]);
  });
  for (const auto& [id, entry] : declared_) make(id).declared = true;
  std::vector<Tenant*> all;
  all.reserve(table_.size());
  table_.each([&all](Tenant& t) { all.push_back(&t); });
  for (Tenant* t : all) {
    t->declared = declaration(t->id) != nullptr;
    if (t->own || t->declared || t->deleting) {
      refresh(*t);
    } else {
      drop_if_unknown(*t);
    }
  }
}

void Registry::adopt(const manifest::SystemManifest& next) {
  const std::lock_guard lock(mutex_);
  declare(next);
  reclaim();
}

void Registry::announce() {
  const std::lock_guard lock(mutex_);
  table_.each([this](const Tenant& t) {
    if (on_terms) on_terms(t.id, *t.kept_terms);
  });
}

Status Registry::fits(const manifest::SystemManifest& next) const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::pair<size_t, std::string>> missing;  // plan: tenants, the first of them
  table_.each([&](const Tenant& t) {
    if (!t.own || !t.own->plan || t.deleting || next.plans.contains(*t.own->plan)) return;
    auto& [count, first] = missing[*t.own->plan];
    if (count++ == 0 || t.id < first) first = t.id;
  });
  if (missing.empty()) return {};
  std::string text;
  for (const auto& [plan, who] : missing)
    text += (text.empty() ? "" : "; ") + ("plan '" + plan + "' is missing, and " + std::to_string(who.first)) +
            (who.first == 1 ? " tenant has it ('" : " tenants have it (first: '") + who.second + "')";
  return Error{Code::conflict,
               text + "; keep the plan in the system file, or move them with `socle tenant set ID plan=…`"};
}

// Once in a while rather than at every change, because every worker has to be waited for.
void Registry::reclaim() {
  if (retired_.size() >= retired_at_once && quiesce && quiesce()) retired_.clear();
  const uint64_t limit = 2 * compact_size_ + journal_slack;
  if (journal_->size() <= limit) return;
  if (auto replaced = journal_->replace(whole()); !replaced)
    telemetry::Log::get().write(telemetry::Level::warn,
                                "the tenants' journal is not compacted: " + replaced.error().message);
  compact_size_ = journal_->size();
}

Status Registry::housekeep() {
  const std::lock_guard lock(mutex_);
  if (!retired_.empty() && quiesce && quiesce()) retired_.clear();
  if (!levels_changed_.exchange(false)) return {};
  std::string body;
  table_.each([&](const Tenant& t) {
    std::string line;
    for (const MeterReading& m : t.meters.read(0)) {
      if (m.stock) line += " " + std::string(names_.name(m.name)) + "=" + manifest::to_string(m.now);
    }
    if (!line.empty()) body += t.id + line + "\n";
  });
  const auto frame = frame_of(body);
  if (!frame) return frame.error();
  auto wrote = base::write_file_atomic(levels_file_, *frame, 0600);
  if (!wrote) {
    levels_changed_ = true;
    return std::move(wrote).error().context("tenants' levels");
  }
  return {};
}

}  // namespace socle::tenants
