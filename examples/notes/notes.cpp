// notes.cpp: a small but complete CRUD plugin on storage/1: validation with field errors, ETag and If-Match, lists with
// filter and cursor, merge patch, idempotent creation, and a live event stream. It keeps nothing in memory, so it can
// be swapped at any time. Handlers run on the worker that got the request.
#include <socle/json.hpp>
#include <socle/plugin.hpp>

#include "note.hpp"

namespace json = socle::json;
using socle::Code;
using socle::Reply;
using socle::Request;
using socle::Task;

class Notes : public socle::Plugin {
 public:
  explicit Notes(socle::Host& host)
      : host_(host),
        get_(host.target("storage/1", "get")),
        query_(host.target("storage/1", "query")),
        write_(host.target("storage/1", "write")),
        changes_(host.target("storage/1", "changes")),
        declare_(host.target("storage/1", "declare")) {}

  Task<Reply> create(Request request) {
    auto note = notes::parse_note(request.text());
    if (!note) co_return std::move(note).problem();
    const auto key = request.context().idempotency_key();
    const Reply written = co_await ask(request, write_, notes::put_request({}, *note, R"("absent")", !key.empty()));
    if (!written) co_return written;
    auto answer = notes::saved(written, *note);
    const std::string location = "/v1/notes/" + answer.id;
    co_return Reply::json(answer.text).with_status(201).with_etag(answer.etag).with_location(location);
  }

  Task<Reply> read(Request request) { co_return co_await ask(request, get_, notes::get_request(request.param("id"))); }

  Task<Reply> list(Request request) { co_return co_await ask(request, query_, notes::list_request(request)); }

  Task<Reply> replace(Request request) {
    auto note = notes::parse_note(request.text());
    if (!note) co_return std::move(note).problem();
    auto expect = notes::expectation(request.header("if-match"));
    if (!expect) co_return Reply(expect.error());
    co_return co_await save(request, *note, *expect);
  }

  // RFC 7396 on what is stored. Without If-Match a clash with somebody else's change is tried again on the new version.
  Task<Reply> change(Request request) {
    auto patch = json::Document::parse(request.text());
    if (!patch) co_return Reply(patch.error());
    auto expect = notes::expectation(request.header("if-match"));
    if (!expect) co_return Reply(expect.error());
    for (int attempt = 1;; ++attempt) {
      const Reply found = co_await ask(request, get_, notes::get_request(request.param("id")));
      if (!found) co_return found;
      auto stored = json::Document::parse(found.text());
      if (!stored) co_return Reply(stored.error());
      auto merged = json::merge_patch(stored->root().find("doc"), patch->root());
      if (!merged) co_return Reply(merged.error());
      auto note = notes::check_note(std::move(*merged));
      if (!note) co_return std::move(note).problem();
      const bool chosen = !request.header("if-match").empty();
      if (!chosen) *expect = json::to_text(stored->root().find("version"));
      Reply saved = co_await save(request, *note, *expect);
      if (saved || chosen || saved.code() != Code::precondition || attempt == 3) co_return saved;
    }
  }

  Task<Reply> remove(Request request) {
    auto expect = notes::expectation(request.header("if-match"));
    if (!expect) co_return Reply(expect.error());
    Reply gone = co_await ask(request, write_, notes::delete_request(request.param("id"), *expect));
    if (!gone) co_return gone;
    co_return Reply().with_status(204);
  }

  // Server-Sent Events, pulled: each call answers one piece and where to go on; nothing is held in between.
  Task<Reply> events(Request request) {
    std::string_view position = request.stream_cursor();
    if (position.empty()) position = request.header("last-event-id");
    const Reply changes = co_await ask(request, changes_, notes::changes_request(position));
    if (!changes && changes.error_code() == "position_expired")
      co_return Reply::other("text/event-stream", "event: reset\ndata: {}\n\n").with_cache_control("no-store");
    if (!changes) co_return changes;
    const auto piece = notes::event_text(changes.text());
    co_return Reply::other("text/event-stream", piece.text)
        .with_cache_control("no-store")
        .with_stream("notes/1.events", piece.position);
  }

 private:
  Task<Reply> save(Request request, const json::Document& note, const std::string& expect) {
    const Reply written = co_await ask(request, write_, notes::put_request(request.param("id"), note, expect, false));
    if (!written) co_return written;
    auto answer = notes::saved(written, note);
    co_return Reply::json(answer.text).with_etag(answer.etag);
  }

  // A tenant's first request declares the collection; declaring twice changes nothing.
  Task<Reply> ask(Request request, const socle::Target& target, std::string text) {
    Reply reply = co_await host_.call(request, target, socle::Payload::json(text));
    if (reply || reply.error_code() != "unknown_collection") co_return reply;
    Reply declared = co_await host_.call(request, declare_, socle::Payload::json(notes::declaration));
    if (!declared) co_return declared;
    co_return co_await host_.call(request, target, socle::Payload::json(text));
  }

  socle::Host& host_;
  socle::Target get_, query_, write_, changes_, declare_;
};

SOCLE_PLUGIN(Notes, socle::service("notes", 1)
                        .method("create", &Notes::create)
                        .method("read", &Notes::read)
                        .method("list", &Notes::list)
                        .method("replace", &Notes::replace)
                        .method("change", &Notes::change)
                        .method("remove", &Notes::remove)
                        .method("events", &Notes::events))
