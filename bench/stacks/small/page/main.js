document.title = '1'
import.meta.hot.accept()
