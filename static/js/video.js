// Replaces a video's link by its player, only once somebody asks for it.
for (const holder of document.querySelectorAll(".video[data-embed]")) {
  const link = holder.querySelector("a");
  if (!holder.dataset.embed) continue;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const player = document.createElement("iframe");
    player.src = holder.dataset.embed;
    player.title = holder.dataset.title;
    player.allow = "autoplay; fullscreen; picture-in-picture";
    player.allowFullscreen = true;
    holder.replaceChildren(player);
    player.focus();
  });
}
