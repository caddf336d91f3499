#include "cell/link/session.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace socle::cell {
namespace {

Result<base::Fd> make_eventfd() {
  base::Fd fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) return Error{Code::unavailable, std::string("eventfd of a cell: ") + std::strerror(errno)};
  return fd;
}

}  // namespace

Session::Session(Memory down_memory, Memory up_memory, Layout down_layout, Layout up_layout)
    : down(std::move(down_memory)), up(std::move(up_memory)), slab(down.data() + down_layout.slab()) {
  for (std::uint32_t i = 0; i < down_layout.pairs; ++i) {
    std::byte* mine = down.data() + down_layout.pair(i);
    const std::byte* theirs = up.data() + up_layout.pair(i);
    to_cell.emplace_back(mine, theirs, slab);
    from_cell.emplace_back(mine, theirs, up.data() + up_layout.slab());
  }
}

Result<std::shared_ptr<Session>> Session::open(const BootText& text, const std::string& library, std::uint32_t pairs,
                                               const Spawn& spawn) {
  const std::string encoded = encode(text);
  if (encoded.size() > most_boot_text)
    return Error{Code::too_large, "configuration and methods of plugin '" + text.plugin + "' have " +
                                      std::to_string(encoded.size()) + " bytes, a cell takes " +
                                      std::to_string(most_boot_text)};
  const Layout down_layout{pairs, encoded.size()};
  const Layout up_layout{pairs, 0};
  auto down = Memory::create("socle-cell-down", down_layout.size());
  if (!down) return std::move(down).error();
  auto up = Memory::create("socle-cell-up", up_layout.size());
  if (!up) return std::move(up).error();
  auto session = std::make_shared<Session>(std::move(*down), std::move(*up), down_layout, up_layout);
  auto* head = reinterpret_cast<DownHead*>(session->down.data());
  head->magic = down_magic;
  head->pairs = pairs;
  head->text = static_cast<std::uint32_t>(encoded.size());
  std::memcpy(session->down.data() + page, encoded.data(), encoded.size());
  auto read_only = session->down.read_only();
  if (!read_only) return std::move(read_only).error();
  session->down_read_only = std::move(*read_only);
  CellBoot boot;
  for (std::uint32_t i = 0; i <= pairs; ++i) {
    auto fd = make_eventfd();
    if (!fd) return std::move(fd).error();
    if (i == pairs) {
      session->wake_cell = std::move(*fd);
    } else {
      boot.wake_kernel.push_back(fd->get());
      session->wake_kernel.push_back(std::move(*fd));
    }
  }
  boot.plugin = text.plugin;
  boot.generation = text.generation;
  boot.library = library;
  boot.workers = pairs - 1;
  boot.mapped = session->down.size() + session->up.size();
  boot.down = session->down_read_only.get();
  boot.up = session->up.fd();
  boot.wake_cell = session->wake_cell.get();
  auto process = spawn(boot);
  if (!process) return std::move(process).error();
  session->process = std::move(*process);
  return session;
}

void Session::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_cell.get(), &one, sizeof one);
}

void Session::ask_beat() {
  reinterpret_cast<DownHead*>(down.data())->beat.store(++beat_, std::memory_order_relaxed);
  wake();
}

bool Session::beats() const {
  return reinterpret_cast<const UpHead*>(up.data())->beat.load(std::memory_order_relaxed) == beat_;
}

std::uint64_t Session::last_number() const {
  const auto* head = reinterpret_cast<const UpHead*>(up.data());
  return *const_cast<const volatile std::uint64_t*>(&head->work.number);
}

}  // namespace socle::cell
