// Applies theme, density and privacy before the first paint. Holds display choices only, nothing of the books.
(function () {
  var stored = {};
  try {
    stored = JSON.parse(localStorage.getItem('dawsos.appearance') || '{}');
  } catch {
    stored = {};
  }
  var root = document.documentElement;
  var theme = stored.theme || 'dark';
  if (theme === 'system') theme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  root.dataset.theme = theme;
  root.dataset.density = stored.density || 'comfortable';
  root.dataset.signs = stored.signs || 'green_red';
})();
