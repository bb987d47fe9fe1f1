from django.contrib import admin
from django.urls import path

from polls import views

urlpatterns = [
    path("ping", views.ping),
    path("slow", views.slow),
    path("events", views.events),
    path("questions", views.questions),
    path("admin/", admin.site.urls),
]
