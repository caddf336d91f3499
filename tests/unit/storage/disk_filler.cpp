// disk_filler DIRECTORY: mounts a small tmpfs there, in a mount namespace of its own, fills it with documents, takes
// the ballast away and expects writing to resume. Ends with 0, 77 where namespaces are not allowed, else the number of
// the step that went wrong. A program of its own: RocksDB's threads do not survive a fork. disk_full_test.cpp runs it.
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>

#include "store/rocks_kv.hpp"
#include "support/folder_events.hpp"
#include "support/thread_lane.hpp"

using namespace socle::storage;

namespace {

enum : int { passed = 0, no_namespace = 77 };

bool mount_small_disk(const std::string& where) {
  const auto uid = ::getuid();
  const auto gid = ::getgid();
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << uid << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << gid << " 1";
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return ::mount("tmpfs", where.c_str(), "tmpfs", 0, "size=24m") == 0;
}

// 0, or the number of the step that went wrong.
int fill_and_recover(const std::string& disk) {
  auto db = open_rocks(disk + "/db", {.memtable_bytes = std::size_t{1} << 20, .compress = false});
  if (!db) return 1;
  RocksKv kv(*db);
  {
    ThreadLane store(kv);
    if (store.call("a", Method::declare, R"({"collection":"x"})").failed) return 2;
    const auto put = [&](int n) {
      std::string noise;
      for (int i = 0; i < 4000; ++i) noise.push_back(static_cast<char>('a' + (n * 7919 + i * i * 31 + i) % 26));
      return store.call("a", Method::write,
                        R"({"operations":[{"op":"put","collection":"x","id":"k)" + std::to_string(n) +
                            R"(","doc":{"noise":")" + noise + "\"}}]}");
    };
    // Ballast that is taken away later: the disk fills up long before the store is large.
    {
      std::ofstream ballast(disk + "/ballast", std::ios::binary);
      const std::string block(std::size_t{1} << 20, 'b');
      for (int i = 0; i < 14; ++i) ballast.write(block.data(), static_cast<std::streamsize>(block.size()));
    }
    int stored_count = 0;
    Answer refused;
    for (; stored_count < 10'000; ++stored_count) {
      refused = put(stored_count);
      if (refused.failed) break;
    }
    if (!refused.failed || stored_count == 0) return 3;
    std::fprintf(stderr, "after %d documents: %s\n", stored_count, refused.problem.message.c_str());
    if (refused.problem.code != socle::Code::storage_full) return 4;
    if (refused.problem.message.find("free space") == std::string::npos) return 5;
    // Nothing is lost and reading goes on while the disk is full.
    for (int n = 0; n < stored_count; ++n)
      if (store.call("a", Method::get, R"({"collection":"x","id":"k)" + std::to_string(n) + "\"}").failed) return 6;
    // RocksDB resumes by itself, which shows as work on its files; the store tries again 100 ms after a refusal.
    const socle::testing::FolderEvents files(disk + "/db");
    ::unlink((disk + "/ballast").c_str());
    const auto begun = std::chrono::steady_clock::now();
    Answer again = put(stored_count);
    while (again.failed && std::chrono::steady_clock::now() - begun < std::chrono::seconds(30)) {
      files.wait(100);
      again = put(stored_count);
    }
    if (again.failed) {
      std::fprintf(stderr, "still: %s\n", again.problem.message.c_str());
      return 7;
    }
    const auto took = std::chrono::steady_clock::now() - begun;
    std::fprintf(stderr, "writes again after %lld ms\n",
                 static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    if (verify_store(store.state).text.find("{\"ok\":true,\"documents\":" + std::to_string(stored_count + 1)) != 0)
      return 8;
  }
  close_rocks(*db);
  auto reopened = open_rocks(disk + "/db", {});
  if (!reopened) return 9;
  close_rocks(*reopened);
  return passed;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  if (!mount_small_disk(argv[1])) return no_namespace;
  return fill_and_recover(argv[1]);
}
