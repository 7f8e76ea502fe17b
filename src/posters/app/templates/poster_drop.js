// A field for posters: choose, drop or paste. The server gets the names and uploaded paths.
const send = async (files) => {
  if (!files.length) return;
  const sent = [];
  element.setAttribute("aria-busy", "true");
  for (const file of files) {
    // Without a path, the server says that the file is too large or did not arrive, or that there
    // are too many.
    let path = "";
    try {
      if (file.size <= props.max_bytes && files.length <= props.max_files) path = (await upload(file)).path;
    } catch {}
    sent.push({ name: file.name, path });
  }
  element.removeAttribute("aria-busy");
  trigger("upload", { files: sent });
};
element.addEventListener("change", (event) => {
  send([...event.target.files]);
  event.target.value = "";
});
element.addEventListener("dragover", (event) => event.preventDefault());
element.addEventListener("drop", (event) => {
  event.preventDefault();
  send([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => {
  if (element.offsetParent) send([...event.clipboardData.files]);
});
