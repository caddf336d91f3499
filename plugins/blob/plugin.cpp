// plugin.cpp: blob/1: wiring. Bytes come in through service/uploads and leave through service/downloads; what is known
// of them is in service/ledger, and service/collector removes what nobody holds.
#include <socle/plugin.hpp>

#include "service/collector.hpp"
#include "service/downloads.hpp"
#include "service/uploads.hpp"
#include "socle/json/writer.hpp"

namespace socle::blob {

class Blob final : public Plugin {
 public:
  explicit Blob(Host& host)
      : host_(host),
        settings_(host.config()),
        vault_(settings_.directory),
        ledger_(host),
        uploads_(host, settings_, vault_, ledger_),
        downloads_(host, vault_, ledger_),
        collector_(host, settings_, vault_, ledger_) {}

  Task<Status> start() override {
    host_.post(0, [this] { host_.spawn(collector_.sweep()); });
    co_return Status{};
  }

  Task<Reply> upload(Request request) { return uploads_.begin(request); }
  Task<Reply> go_on(Request request) { return uploads_.go_on(request); }
  Task<Reply> download(Request request) { return downloads_.read(request); }
  Task<Reply> about(Request request) { return downloads_.about(request); }

  Task<Reply> remove(Request request) {
    const std::string id(request.param("id"));
    const auto none = problem_of({Code::not_found, "there is no file '" + id + "'"});
    if (!is_file_id(id)) co_return none;
    auto file = co_await ledger_.find(request, id);
    if (!file) co_return problem_of(file.error());
    if (!*file) co_return none;
    // The mark is read first: a record that begins to hold the file from here on takes it away, and ours fails.
    auto mark = co_await ledger_.mark(request, id);
    if (!mark) co_return problem_of(mark.error());
    auto held = co_await ledger_.held(request, id);
    if (!held) co_return problem_of(held.error());
    if (*held || *mark == 0)
      co_return Reply::error(Code::conflict, "file_in_use", "a record refers to this file: change the record first")
          .with_status(409);
    if (auto removed = co_await ledger_.remove(request, **file, *mark); !removed) co_return problem_of(removed.error());
    const std::string tenant(request.tenant());
    const auto work = [&] { return vault_.remove(tenant, id); };
    if (auto gone = co_await host_.offload(work); !gone) co_return problem_of(gone.error());
    co_return Reply().with_status(204);
  }

  // {holder, add: [id], drop: [id]} → {files: [{id, …} | null], operations: […]}: the files to add in their order, and
  // what the holder's batch must contain.
  Task<Reply> attach(Request request) {
    const auto asked = json::Document::parse(request.text());
    if (!asked) co_return Reply::error(Code::invalid, "bad_request", asked.error().message);
    const std::string holder(asked->root().find("holder").as_string());
    if (holder.empty() || holder.size() > 200)
      co_return Reply::error(Code::invalid, "bad_request", "holder names who holds the files, in at most 200 bytes");
    std::string known = "{\"files\":[", operations = "],\"operations\":[";
    for (const auto one : asked->root().find("add").elements()) {
      const std::string id(one.as_string());
      std::optional<File> file;
      if (is_file_id(id)) {
        auto found = co_await ledger_.find(request, id);
        if (!found) co_return problem_of(found.error());
        file = std::move(*found);
      }
      if (known.back() != '[') known += ',';
      known += file && !file->partial ? file_text(*file) : "null";
      for (const auto& text : Ledger::hold(id, holder)) operations.append(text).append(",");
    }
    for (const auto one : asked->root().find("drop").elements())
      if (is_file_id(one.as_string()))
        for (const auto& text : Ledger::release(one.as_string(), holder)) operations.append(text).append(",");
    if (operations.back() == ',') operations.pop_back();
    co_return Reply::json(known + operations + "]}");
  }

  Task<Reply> collect(Request request) {
    auto done = co_await collector_.collect(request, true);
    if (!done) co_return problem_of(done.error());
    std::string text;
    json::Writer(text)
        .begin_object()
        .member("files", done->files)
        .member("bytes", done->bytes)
        .member("leftovers", done->leftovers)
        .end_object();
    co_return Reply::json(text);
  }

  Task<Reply> forget(Request request) {
    const std::string tenant(request.tenant());
    if (tenant.empty()) co_return Reply::error(Code::invalid, "tenant_required", "whose files?");
    const auto work = [&] { return vault_.forget(tenant); };
    if (auto gone = co_await host_.offload(work); !gone) co_return problem_of(gone.error());
    co_return Reply::json("{}");
  }

 private:
  Host& host_;
  const Settings settings_;
  const Vault vault_;
  Ledger ledger_;
  Uploads uploads_;
  Downloads downloads_;
  Collector collector_;
};

}  // namespace socle::blob

using socle::blob::Blob;
SOCLE_PLUGIN(Blob, socle::service("blob", 1)
                       .method("upload", &Blob::upload)
                       .method("continue", &Blob::go_on)
                       .method("download", &Blob::download)
                       .method("about", &Blob::about)
                       .method("remove", &Blob::remove)
                       .method("attach", &Blob::attach)
                       .method("collect", &Blob::collect)
                       .method("forget", &Blob::forget))
